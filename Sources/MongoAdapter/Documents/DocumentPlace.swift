internal import MigrationCore

/// Where a document stands in its collection: its `_id` in MongoDB.
///
/// A document without partition key has its own id as `_id`, of whatever type, so that collections of other programs are read as
/// they are and copies look the same to them. Two cases need another form, `{"cutover:partition": ..., "id": ...}` of two texts:
/// keys with a partition, and ids that MongoDB cannot tell from another id that has its place already, such as `int64` 7 beside
/// `int32` 7.
struct DocumentPlace: Sendable, Hashable {
    /// The `_id`.
    let value: Value

    init(_ value: Value) { self.value = value }

    static let partitionField = "cutover:partition"
    private static let idField = "id"

    /// The place under the id itself; nil for keys with a partition, and ids that look like the other form.
    static func natural(_ key: DocumentKey) -> DocumentPlace? {
        guard key.partition.components.isEmpty else { return nil }
        if case .document(let document) = key.id.value, document.keys.first == partitionField { return nil }
        return DocumentPlace(key.id.value)
    }

    /// The place that tells every two keys apart.
    static func exact(_ key: DocumentKey) -> DocumentPlace {
        DocumentPlace(
            .document([
                partitionField: .string(key.partition.text), idField: .string(key.id.text),
            ])
        )
    }

    /// Where a document under the key may be, the usual place first.
    static func candidates(_ key: DocumentKey) -> [DocumentPlace] {
        hasOne(key) ? [usual(key)] : [usual(key), exact(key)]
    }

    /// The place where a document under the key is, unless another one is there.
    static func usual(_ key: DocumentKey) -> DocumentPlace { natural(key) ?? exact(key) }

    /// Whether a document under the key can be at its usual place only.
    static func hasOne(_ key: DocumentKey) -> Bool { key.id.value.isUniqueInMongoDB || natural(key) == nil }

    /// Where a document that is at none of its places goes.
    ///
    /// A symbol leaves the usual place to the text that MongoDB takes for it: texts are looked for there only.
    static func first(_ key: DocumentKey) -> DocumentPlace {
        if case .symbol = key.id.value { return exact(key) }
        return usual(key)
    }

    /// The key of a document at this place.
    func key(in collection: CollectionName) throws(DocumentError) -> DocumentKey {
        if case .document(let document) = value, document.count == 2,
            case .string(let partition)? = document[Self.partitionField],
            case .string(let id)? = document[Self.idField],
            document.keys.first == Self.partitionField
        {
            return DocumentKey(
                collection: collection,
                partition: try PartitionKey(text: partition),
                id: try DocumentID(text: id)
            )
        }
        return DocumentKey(collection: collection, id: try DocumentID(value))
    }

    /// The first and the last possible place of a partition.
    static func bounds(of partition: PartitionKey) -> (lower: DocumentPlace, upper: DocumentPlace)? {
        if partition.components.isEmpty { return nil }
        return (
            DocumentPlace(.document([partitionField: .string(partition.text)])),
            DocumentPlace(.document([partitionField: .string(partition.text), idField: .maxKey]))
        )
    }

    /// Selects the document at this place, whatever the place looks like.
    var query: Document { ["_id": ["$eq": value]] }

    // MARK: In continuations

    /// The place in continuations and bounds of ranges: the BSON of a document that holds it.
    var text: String { Hex.text(Document(uniqueFields: [("_id", value)]).bson) }

    /// Reads what `text` writes; nil for anything else.
    init?(text: String) {
        guard let bytes = Hex.bytes(text), let document = try? Document(bson: bytes, limits: .stored),
            document.count == 1, let value = document["_id"]
        else { return nil }
        self.value = value
    }
}

extension Value {
    /// Whether MongoDB's comparison, which decides about `_id`, has no other value that it takes for this one.
    ///
    /// Numbers compare by value across types, symbols like strings, and documents by what is in them. Strings count as unique
    /// all the same, because symbols of this library stay out of their way.
    fileprivate var isUniqueInMongoDB: Bool {
        switch self {
        case .string, .objectID, .binary, .date, .bool, .null, .minKey, .maxKey: true
        default: false
        }
    }
}
