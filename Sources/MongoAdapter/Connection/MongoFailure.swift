internal import CutoverCMongoShims

/// What libmongoc or the server says about a call that failed: the error under a `StoreError`.
///
/// Its text is the server's. The one for a duplicate key names the index and leaves out the values.
public struct MongoFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Who reports the failure.
    public enum Origin: Sendable, Hashable {
        /// The server; the code is one of its own.
        case server
        /// The connection: no reply, or no server to ask.
        case connection
        /// libmongoc, about the call or its settings.
        case client
    }

    /// Who reports it.
    public let origin: Origin
    /// The code, of the server when it reports the failure, otherwise of libmongoc.
    public let code: UInt32
    /// The labels that say what may be tried again, such as `TransientTransactionError`.
    public let labels: [String]
    /// The text.
    public let text: String

    init(origin: Origin, code: UInt32, labels: [String] = [], text: String) {
        self.origin = origin
        self.code = code
        self.labels = labels
        self.text = code == ServerCode.duplicateKey ? Self.withoutValues(text) : text
    }

    public var description: String {
        let labels = labels.isEmpty ? "" : " [\(labels.joined(separator: ", "))]"
        return "MongoFailure \(origin) \(code)\(labels): \(text)"
    }

    /// "... index: byMail dup key: { mail: ... }" without the values.
    private static func withoutValues(_ text: String) -> String {
        guard let key = text.firstRange(of: " dup key:") else { return "duplicate key" }
        return String(text[..<key.lowerBound])
    }

    /// The name of the index that refused a duplicate key.
    var duplicateIndex: String? {
        guard code == ServerCode.duplicateKey, let name = text.firstRange(of: "index: ") else { return nil }
        return String(text[name.upperBound...].prefix { $0 != " " })
    }

    /// The unique index that refused a document for one of its values; nil when its `_id` was taken.
    ///
    /// The stores of documents make no such index. One that another program made refuses the same document each time.
    var refusingIndex: String? {
        guard let name = duplicateIndex, name != "_id_", !name.isEmpty else { return nil }
        return name
    }
}

/// The codes of the server that this adapter decides by (mongo/base/error_codes.yml).
enum ServerCode {
    static let unauthorized: UInt32 = 13
    static let authenticationFailed: UInt32 = 18
    static let namespaceNotFound: UInt32 = 26
    static let namespaceExists: UInt32 = 48
    static let maxTimeExpired: UInt32 = 50
    static let indexOptionsConflict: UInt32 = 85
    static let indexKeySpecsConflict: UInt32 = 86
    static let writeConflict: UInt32 = 112
    static let changeStreamFatal: UInt32 = 280
    static let changeStreamHistoryLost: UInt32 = 286
    static let databaseDropPending: UInt32 = 215
    static let noSuchTransaction: UInt32 = 251
    static let objectTooLarge: UInt32 = 10_334
    static let duplicateKey: UInt32 = 11_000

    static let unauthenticatedCodes: Set<UInt32> = [authenticationFailed, 31, 33]
    static let stateChangeCodes: Set<UInt32> = [
        6, 7, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436,
    ]
    static let outOfRoomCodes: Set<UInt32> = [14_031]
    static let overloadedCodes: Set<UInt32> = [462]
}
