internal import MigrationCore

/// The names of the blobs that a store keeps: a function of the key alone, one name for each key, and readable.
///
/// `documents/COLLECTION/LEVELS/PARTITION/.../ID.json` holds a document, where LEVELS is how many components the
/// partition key has, and `collections/COLLECTION.json` a definition. Each part is a ``NameSegment``. So the documents
/// of a collection, and of one of its partitions, have a prefix of their own, which is all that a listing can select
/// by.
struct DocumentNames: Sendable {
    /// The longest name that the service takes.
    static let maximumCharacters = 1_024

    let prefix: String

    /// What the names of all definitions begin with.
    var definitions: String { "\(prefix)collections/" }

    func definition(of collection: CollectionName) -> String {
        "\(definitions)\(NameSegment.escaped(collection.text)).json"
    }

    /// What the names of a collection's documents begin with.
    func documents(of collection: CollectionName, partition: PartitionKey? = nil) -> String {
        let folder = "\(prefix)documents/\(NameSegment.escaped(collection.text))/"
        guard let partition else { return folder }
        return partition.components.reduce("\(folder)\(partition.components.count)/") {
            "\($0)\(Self.segment(of: $1))/"
        }
    }

    /// The name of a document's blob.
    ///
    /// - Throws: `keyTooLong` when the service could not hold it.
    func name(of key: DocumentKey) throws(StoreError) -> String {
        let name = documents(of: key.collection, partition: key.partition) + NameSegment.escaped(key.id.text) + ".json"
        guard name.utf8.count <= Self.maximumCharacters else {
            throw StoreError(
                .keyTooLong,
                "The name of the blob would have \(name.utf8.count) characters, and the service takes 1,024; "
                    + "shorten the id, the partition key or the prefix.",
                context: .init(collection: key.collection)
            )
        }
        return name
    }

    /// The key of a blob in a collection's folder; nil when no document has that name.
    func key(of name: String, in collection: CollectionName) -> DocumentKey? {
        let folder = documents(of: collection)
        guard name.utf8.starts(with: folder.utf8) else { return nil }
        let rest = name.utf8.dropFirst(folder.utf8.count)
        let segments = Substring(rest).split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count >= 2, let last = segments.last, last.hasSuffix(".json"),
            let text = NameSegment.text(last.dropLast(5)), let id = try? DocumentID(text: text)
        else { return nil }
        var components: [PartitionKey.Component] = []
        for segment in segments.dropFirst().dropLast() {
            guard let component = Self.component(of: segment) else { return nil }
            components.append(component)
        }
        guard segments[0] == "\(components.count)", let partition = try? PartitionKey(components: components) else {
            return nil
        }
        return DocumentKey(collection: collection, partition: partition, id: id)
    }

    /// The collection whose definition a blob holds.
    func collection(ofDefinition name: String) -> CollectionName? {
        guard name.utf8.starts(with: definitions.utf8), name.hasSuffix(".json") else { return nil }
        let segment = Substring(name.utf8.dropFirst(definitions.utf8.count)).dropLast(5)
        return NameSegment.text(segment).flatMap { try? CollectionName($0) }
    }

    // After the mark of an escape come capitals and digits only, so a small letter there tells the values that are no
    // texts.
    private static func segment(of component: PartitionKey.Component) -> String {
        switch component {
        case .absent: "~absent"
        case .null: "~null"
        case .bool(let flag): flag ? "~true" : "~false"
        case .number(let number): "~n\(NameSegment.escaped(numberText(number)))"
        case .string(let text): text.isEmpty ? "~empty" : NameSegment.escaped(text)
        }
    }

    private static func component(of segment: Substring) -> PartitionKey.Component? {
        switch segment {
        case "": return nil
        case "~absent": return .absent
        case "~null": return .null
        case "~true": return .bool(true)
        case "~false": return .bool(false)
        case "~empty": return .string("")
        default:
            guard segment.hasPrefix("~n") else { return NameSegment.text(segment).map { .string($0) } }
            guard let text = NameSegment.text(segment.dropFirst(2)), let key = try? PartitionKey(text: "[\(text)]"),
                key.components.count == 1, case .number = key.components[0]
            else { return nil }
            return key.components[0]
        }
    }

    /// The number as it stands in the text of a partition key.
    private static func numberText(_ number: Double) -> String {
        String(PartitionKey(.number(number)).text.dropFirst().dropLast())
    }
}
