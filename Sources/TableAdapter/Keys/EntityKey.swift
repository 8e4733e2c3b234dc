internal import MigrationCore

/// PartitionKey and RowKey of an entity, as they stand on the wire.
///
/// A partition key of one text, and an id that is a text, are that text (``KeyText``); so the entities of other
/// programs have the keys that one expects. Every other partition key or id is `~j` and its JSON. A text that begins
/// like that has its `~` escaped.
struct EntityKey: Sendable {
    let partition: String
    let row: String

    /// Where a table keeps the definition of its collection; no document has this key.
    static let definition = EntityKey(partition: "~definition", row: "")

    init(partition: String, row: String) {
        self.partition = partition
        self.row = row
    }

    /// The place of a document.
    ///
    /// - Throws: `keyTooLong` when the service could not hold it.
    init(_ key: DocumentKey) throws(StoreError) {
        row = if case .string(let text) = key.id.value { Self.plain(text) } else { Self.marked(key.id.text) }
        partition = Self.text(of: key.partition)
        for part in [partition, row] where part.utf16.count > KeyText.maximumUnits {
            throw StoreError(
                .keyTooLong,
                "A part of the key has \(part.utf16.count) characters, and Table Storage takes \(KeyText.maximumUnits); shorten it.",
                context: .init(collection: key.collection)
            )
        }
    }

    /// The PartitionKey of a partition.
    static func text(of partition: PartitionKey) -> String {
        if partition.components.count == 1, case .string(let text) = partition.components[0] { return plain(text) }
        return marked(partition.text)
    }

    /// The key of the document at this place; nil when no document has it.
    func document(in collection: CollectionName) -> DocumentKey? {
        let id: DocumentID
        if let json = Self.json(row) {
            guard let parsed = try? DocumentID(text: json) else { return nil }
            id = parsed
        } else {
            guard let text = KeyText.text(row) else { return nil }
            id = DocumentID(text)
        }
        let partitionKey: PartitionKey
        if let json = Self.json(partition) {
            guard let parsed = try? PartitionKey(text: json) else { return nil }
            partitionKey = parsed
        } else {
            guard let text = KeyText.text(partition) else { return nil }
            partitionKey = PartitionKey(.string(text))
        }
        let key = DocumentKey(collection: collection, partition: partitionKey, id: id)
        // One key has one place, so a place that is written in another way belongs to none.
        guard let place = try? EntityKey(key), place == self else { return nil }
        return key
    }

    private static let jsonMark = "~j"

    private static func marked(_ json: String) -> String { jsonMark + KeyText.escaped(json) }

    /// A text that begins with the mark and a small letter would look like one of ours.
    private static func plain(_ text: String) -> String {
        let escaped = KeyText.escaped(text)
        let bytes = Array(escaped.utf8.prefix(2))
        guard bytes.count == 2, bytes[0] == KeyText.mark, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[1])
        else {
            return escaped
        }
        return "~7E" + String(decoding: escaped.utf8.dropFirst(), as: UTF8.self)
    }

    private static func json(_ text: String) -> String? {
        guard text.utf8.starts(with: jsonMark.utf8) else { return nil }
        return KeyText.text(String(decoding: text.utf8.dropFirst(jsonMark.utf8.count), as: UTF8.self))
    }
}

extension EntityKey: Hashable {
    /// The service compares characters one by one, as bytes do; Swift's texts do not.
    static func == (a: EntityKey, b: EntityKey) -> Bool {
        a.partition.hasSameUTF8(as: b.partition) && a.row.hasSameUTF8(as: b.row)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combineUTF8(of: partition)
        hasher.combineUTF8(of: row)
    }
}
