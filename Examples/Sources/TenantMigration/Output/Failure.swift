internal import MigrationCore

/// Why a command did not do what it was asked for: for people, for programs, and as an exit code.
struct Failure: Error {
    let status: ExitStatus
    /// One word.
    let code: String
    /// One full sentence, with what to do next.
    let message: String
    var tenant: TenantID?
    var state: MigrationState?
    var timeout: Duration?
    var blockedWriters: Int?
    var lag: Int64?
    var store: StoreID?
    var position: Int64?
    /// What differs, after a cutover that found the logs different.
    var report: VerificationOutput?

    init(_ status: ExitStatus, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    init(_ error: CutoverError) {
        let status: ExitStatus =
            switch error.code {
            case .cancelled: .interrupted
            case .controlStoreBehind: .controlStoreBehind
            case .fenced: .overtaken
            case .inconsistent: .inconsistent
            case .invalidConfiguration, .unregisteredStore: .usage
            case .lag, .timeout: .notDecided
            case .state: .notAllowed
            case .unknownMigration: .unknown
            default: Failure.status(of: error.underlying)
            }
        self.init(status, code: error.code.description, message: error.message)
        tenant = error.tenant
        state = error.state
        timeout = error.timeout
        blockedWriters = error.parkedWriters
        lag = error.lag
        store = error.underlying?.context.store
        position = error.underlying?.context.position
        report = error.report.map(VerificationOutput.init)
    }

    init(_ error: StoreError) {
        self.init(Failure.status(of: error), code: error.code.description, message: error.message)
        tenant = error.context.tenant
        store = error.context.store
        position = error.context.position
    }

    /// Whatever a command threw.
    init(catching error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as CutoverError: self.init(error)
        case let error as StoreError: self.init(error)
        case is CancellationError:
            self.init(.interrupted, code: "cancelled", message: "The command was interrupted; what was applied stays.")
        default: self.init(.failed, code: "failed", message: "\(error)")
        }
    }

    static func usage(_ message: String) -> Failure { Failure(.usage, code: "usage", message: message) }

    private static func status(of error: StoreError?) -> ExitStatus {
        switch error?.code {
        case .cancelled: .interrupted
        case .controlStoreBehind: .controlStoreBehind
        case .fenced, .epochConflict: .overtaken
        case .logDiverged: .inconsistent
        case .invalidArgument, .invalidConfiguration, .invalidKey, .keyTooLong, .unregisteredStore: .usage
        case .tenantNotPrepared: .unknown
        default: .failed
        }
    }
}

extension Failure: Encodable {
    private enum Key: String, CodingKey {
        case code, message, tenantID, state, timeoutSeconds, blockedWriters, syncLag, storeID, position, report
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encodeIfPresent(tenant?.text, forKey: .tenantID)
        try container.encodeIfPresent(state?.rawValue, forKey: .state)
        try container.encodeIfPresent(timeout?.inSeconds, forKey: .timeoutSeconds)
        try container.encodeIfPresent(blockedWriters, forKey: .blockedWriters)
        try container.encodeIfPresent(lag, forKey: .syncLag)
        try container.encodeIfPresent(store?.text, forKey: .storeID)
        try container.encodeIfPresent(position, forKey: .position)
        try container.encodeIfPresent(report, forKey: .report)
    }
}
