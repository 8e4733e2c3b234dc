/// Why bytes are not a document, or why a name, key or path cannot be what it was meant to be.
///
/// Messages are constant texts: neither they nor the description show content of documents.
public struct DocumentError: Error, Sendable, Hashable {
    /// The kind of error; compare it with the static members of `Code`.
    public let code: Code
    /// What is wrong, in a sentence.
    public let message: String
    /// The offset of the offending byte in the input, when there is an input.
    public let byteOffset: Int?

    /// Makes an error.
    package init(_ code: Code, _ message: String, at byteOffset: Int? = nil) {
        self.code = code
        self.message = message
        self.byteOffset = byteOffset
    }

    /// The kinds of errors; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case malformed, invalidUTF8, invalidValue, duplicateName, tooDeep, tooLarge, invalidName, invalidKey
            case pathConflict
        }

        private let kind: Kind

        private init(_ kind: Kind) {
            self.kind = kind
        }

        /// The bytes do not follow the grammar of BSON or JSON.
        public static let malformed = Code(.malformed)
        /// A text is not UTF-8, or holds a surrogate without its partner.
        public static let invalidUTF8 = Code(.invalidUTF8)
        /// A value is well formed but means nothing: a date that does not exist, a number out of range.
        public static let invalidValue = Code(.invalidValue)
        /// A document names a field twice.
        public static let duplicateName = Code(.duplicateName)
        /// Documents and arrays are nested deeper than the limit.
        public static let tooDeep = Code(.tooDeep)
        /// The document is larger than the limit.
        public static let tooLarge = Code(.tooLarge)
        /// A field or collection cannot have this name.
        public static let invalidName = Code(.invalidName)
        /// A value or text cannot be an id or a partition key.
        public static let invalidKey = Code(.invalidKey)
        /// A path leads through a value that cannot hold the next step.
        public static let pathConflict = Code(.pathConflict)

        /// The code's name.
        public var description: String { kind.rawValue }
    }
}

extension DocumentError: CustomStringConvertible {
    /// Code, offset and message; no content of documents.
    public var description: String {
        if let byteOffset {
            "\(code) at byte \(byteOffset): \(message)"
        } else {
            "\(code): \(message)"
        }
    }
}
