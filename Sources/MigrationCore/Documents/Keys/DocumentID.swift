/// The id of a document: any value except an array, undefined and a regular expression, which no backend takes as an id.
///
/// Write `"order-17"` or `42` where an id is expected. Ids of different types are different ids. Ids sort by the UTF-8 bytes
/// of their `text`, in every store.
public struct DocumentID: Sendable, Hashable {
    /// The id as a value.
    public let value: Value

    /// Takes a value as an id.
    ///
    /// An id must have one text: a NaN with a payload, a decimal in a non-canonical encoding or a document with a field
    /// named like a type of Extended JSON (`$oid`) would share theirs with another id, and are refused.
    ///
    /// - Throws: `invalidKey` for these, and for an array, undefined or a regular expression.
    public init(_ value: Value) throws(DocumentError) {
        switch value {
        case .array, .undefined, .regularExpression:
            throw DocumentError(.invalidKey, "An array, undefined or a regular expression cannot be an id.")
        case .document, .javaScriptWithScope, .double, .decimal128:
            var text: [UInt8] = []
            do {
                try ExtendedJSON.writeExactly(["id": value], into: &text)
            } catch {
                throw DocumentError(
                    .invalidKey,
                    "The value has no Extended JSON text of its own, so it cannot be an id."
                )
            }
            self.value = value
        default:
            self.value = value
        }
    }

    /// Takes a text as an id.
    public init(_ text: String) {
        value = .string(text)
    }

    /// Takes an object id as an id.
    public init(_ objectID: ObjectID) {
        value = .objectID(objectID)
    }
}

extension DocumentID: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    /// A text.
    public init(stringLiteral text: String) {
        value = .string(text)
    }

    /// An integer: `int32` when it fits, `int64` otherwise.
    public init(integerLiteral number: Int64) {
        value = Value(integerLiteral: number)
    }
}

extension DocumentID: Comparable {
    /// Orders ids by the UTF-8 bytes of their text.
    public static func < (a: DocumentID, b: DocumentID) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
}
