internal import MigrationCore

/// What names a document within its collection.
struct ItemKey: Hashable {
    let partition: PartitionKey
    let id: DocumentID

    init(_ key: DocumentKey) {
        partition = key.partition
        id = key.id
    }
}
