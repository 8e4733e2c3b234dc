/// What names one document in a store: its collection, its partition key and its id.
///
/// All three count. *Absent*, `null` and `""` are three different partition keys, and ids of different types are different
/// ids. `description` names only the collection, because ids may identify people; `debugDescription` has the whole key.
public struct DocumentKey: Sendable, Hashable {
    /// The collection that the document is in.
    public let collection: CollectionName
    /// The document's partition key; `.unpartitioned` where the collection has no partitions.
    public let partition: PartitionKey
    /// The document's id, unique within its partition.
    public let id: DocumentID

    /// Makes a key.
    public init(collection: CollectionName, partition: PartitionKey = .unpartitioned, id: DocumentID) {
        self.collection = collection
        self.partition = partition
        self.id = id
    }
}

extension DocumentKey: CustomStringConvertible, CustomDebugStringConvertible {
    /// The collection, without partition key and id.
    public var description: String { "\(collection)/..." }

    /// Collection, partition key and id.
    public var debugDescription: String { "\(collection)/\(partition.text)/\(id.text)" }
}
