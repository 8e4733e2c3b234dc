package import MigrationCore

/// Why there is no token.
///
/// Its texts hold no secret: no token, no form, no output of a program, and of an answer only its status and error codes.
public struct CredentialError: Error, Sendable {
    /// The kind of failure.
    public let code: Code
    /// One full sentence for the operator: what happened and what to do next.
    public let message: String
    /// What each credential of a chain said, in the order in which they were asked.
    public let attempts: [String]
    /// The error of the layer below, where there was one.
    public let underlying: (any Error)?

    /// Makes an error. Put no secret into its message.
    public init(_ code: Code, _ message: String, attempts: [String] = [], underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.attempts = attempts
        self.underlying = underlying
    }

    /// The kind of a ``CredentialError``. New kinds may come with a minor release.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cancelled, invalidConfiguration, rejected, unavailable, unreachable
        }

        private let kind: Kind

        /// The calling task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// A setting of the credential cannot be right.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// The identity provider refused the credential; asking again will not help.
        public static let rejected = Code(kind: .rejected)
        /// This source of tokens does not exist here; a chain asks the next one.
        public static let unavailable = Code(kind: .unavailable)
        /// The identity provider did not answer in time; a later attempt may succeed.
        public static let unreachable = Code(kind: .unreachable)

        public var description: String { kind.rawValue }

        /// The code of the error that a store throws for it.
        package var storeCode: StoreError.Code {
            switch kind {
            case .cancelled: .cancelled
            case .invalidConfiguration: .invalidConfiguration
            case .rejected, .unavailable: .unauthenticated
            case .unreachable: .unavailable
            }
        }
    }
}

extension CredentialError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "CredentialError.\(code)" }

    public var debugDescription: String {
        var text = "\(description): \(message)"
        for attempt in attempts { text += "\n  - \(attempt)" }
        if let underlying { text += " [underlying: \(String(reflecting: underlying))]" }
        return text
    }
}

extension CredentialError {
    static let cancelledCall = CredentialError(.cancelled, "The task was cancelled while it waited for a token.")
}
