/// A table and its entities, by partition and row.
struct Table: Sendable {
    /// The name in the spelling in which it was created; it is found in any.
    var name: String
    private(set) var partitions: [ByteString: Partition] = [:]
    private var order: [ByteString]?

    init(name: String) { self.name = name }

    /// The entities of one partition.
    struct Partition: Sendable {
        private(set) var entities: [ByteString: TableEntity] = [:]
        private var order: [ByteString]?

        subscript(_ row: ByteString) -> TableEntity? {
            get { entities[row] }
            set {
                if (newValue == nil) != (entities[row] == nil) { order = nil }
                entities[row] = newValue
            }
        }

        mutating func rows() -> [ByteString] {
            if let order { return order }
            let sorted = entities.keys.sorted()
            order = sorted
            return sorted
        }
    }

    subscript(_ key: TableKey) -> TableEntity? {
        get { partitions[key.partition]?[key.row] }
        set {
            if partitions[key.partition] == nil {
                guard newValue != nil else { return }
                order = nil
            }
            partitions[key.partition, default: Partition()][key.row] = newValue
            if partitions[key.partition]?.entities.isEmpty == true {
                partitions[key.partition] = nil
                order = nil
            }
        }
    }

    /// The partitions in their order.
    mutating func partitionKeys() -> [ByteString] {
        if let order { return order }
        let sorted = partitions.keys.sorted()
        order = sorted
        return sorted
    }

    /// The rows of a partition in their order.
    mutating func rows(_ partition: ByteString) -> [ByteString] {
        partitions[partition] == nil ? [] : partitions[partition]!.rows()
    }
}

/// What an entity is found by.
struct TableKey: Sendable, Hashable {
    var partition: ByteString
    var row: ByteString
}

/// An entity: its properties beside the keys, in the order in which they came.
struct TableEntity: Sendable {
    struct Property: Sendable {
        var name: String
        var value: TableValue
    }

    var key: TableKey
    var timestamp: Moment
    var properties: [Property]

    /// The entity tag: the timestamp again, percent-encoded inside.
    var etag: String { "W/\"datetime'\(Percent.encode(TableValue.text(timestamp)))'\"" }

    subscript(_ name: String) -> TableValue? {
        switch name {
        case "PartitionKey": .string(key.partition.text)
        case "RowKey": .string(key.row.text)
        case "Timestamp": .dateTime(timestamp)
        default: properties.first { $0.name == name }?.value
        }
    }

    /// The bytes that the service counts for an entity.
    var size: Int {
        4 + (key.partition.text.utf16.count + key.row.text.utf16.count) * 2
            + properties.reduce(0) { $0 + 8 + $1.name.utf16.count * 2 + $1.value.size }
    }
}
