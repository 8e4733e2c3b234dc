/// Why an operation of a migration was not done, by a code that says what to do about it.
///
/// The tenant is always in a defined state afterwards: that of its route, which ``MigrationCoordinator/migration(_:)`` shows.
public struct CutoverError: Error, Sendable {
    /// The kind of failure.
    public let code: Code
    /// One full sentence for the operator: what happened and what to do next.
    public let message: String
    /// The tenant.
    public let tenant: TenantID?
    /// The state in which the operation found the migration; `nil` in normal operation.
    public let state: MigrationState?
    /// How long the cutover was allowed to take, with ``Code/timeout``.
    public let timeout: Duration?
    /// How many calls of this process were parked for the cutover, with ``Code/timeout``.
    public let parkedWriters: Int?
    /// How many events the target lacks, with ``Code/lag``.
    public let lag: Int64?
    /// What differs and where, with ``Code/inconsistent``, as far as both stores could be read after the failure.
    public internal(set) var report: EventVerificationReport?
    /// The error of the layer below, where there was one.
    public let underlying: StoreError?

    /// Makes an error.
    public init(
        _ code: Code,
        _ message: String,
        tenant: TenantID? = nil,
        state: MigrationState? = nil,
        timeout: Duration? = nil,
        parkedWriters: Int? = nil,
        lag: Int64? = nil,
        underlying: StoreError? = nil
    ) {
        self.code = code
        self.message = message
        self.tenant = tenant
        self.state = state
        self.timeout = timeout
        self.parkedWriters = parkedWriters
        self.lag = lag
        self.underlying = underlying
    }

    /// The kind of a ``CutoverError``. New kinds may come with a minor release.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, CaseIterable {
            case cancelled, controlStoreBehind, fenced, inconsistent, invalidConfiguration, lag, state, store, timeout
            case unknownMigration, unregisteredStore
        }

        private let kind: Kind

        /// Every code there is.
        static var allCodes: [Code] { Kind.allCases.map(Code.init(kind:)) }

        public var description: String { kind.rawValue }

        /// The calling task was cancelled; the migration goes on or stands where its route says.
        public static let cancelled = Code(kind: .cancelled)
        /// A store's fence is ahead of the route: the control store was restored from the past. Run `diagnose`, then `repairRoute`.
        public static let controlStoreBehind = Code(kind: .controlStoreBehind)
        /// Another process changed the route or raised a fence meanwhile; look at the migration and decide again.
        public static let fenced = Code(kind: .fenced)
        /// The two logs differ; the report says where, as far as it was looked.
        public static let inconsistent = Code(kind: .inconsistent)
        /// Two settings contradict each other, or one is out of range.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// The target lacks more events than the configuration allows.
        public static let lag = Code(kind: .lag)
        /// The migration's state does not allow the operation.
        public static let state = Code(kind: .state)
        /// A store or the control store failed; ``CutoverError/underlying`` says how.
        public static let store = Code(kind: .store)
        /// The cutover was not decided in time; the tenant is back in the state before.
        public static let timeout = Code(kind: .timeout)
        /// There is no migration with this id.
        public static let unknownMigration = Code(kind: .unknownMigration)
        /// A store of the migration is not registered in this process.
        public static let unregisteredStore = Code(kind: .unregisteredStore)
    }

    /// Wraps what a store threw.
    package init(_ error: StoreError, tenant: TenantID? = nil, state: MigrationState? = nil) {
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .fenced, .epochConflict: .fenced
            case .controlStoreBehind: .controlStoreBehind
            case .logDiverged: .inconsistent
            case .unregisteredStore: .unregisteredStore
            default: .store
            }
        self.init(code, error.message, tenant: tenant, state: state, underlying: error)
    }
}

extension CutoverError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var parts = ["CutoverError.\(code)"]
        if let state { parts.append("state: \(state.rawValue)") }
        if let timeout { parts.append("timeout: \(timeout)") }
        if let parkedWriters { parts.append("parked writers: \(parkedWriters)") }
        if let lag { parts.append("lag: \(lag)") }
        if let report { parts.append("violations: \(report.violationCount)") }
        if let underlying { parts.append("\(underlying)") }
        return parts.count == 1 ? parts[0] : "\(parts[0]) (\(parts.dropFirst().joined(separator: ", ")))"
    }

    public var debugDescription: String { "\(description): \(message)" }
}
