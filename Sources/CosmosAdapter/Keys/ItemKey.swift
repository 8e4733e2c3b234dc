internal import MigrationCore

/// The partition key of an item: by the paths of its container, or as one text where the collection names no paths.
struct ItemKey: Sendable {
    /// The values that the service hashes, one for each path of the container.
    let components: [PartitionKey.Component]
    /// The text in `_partition`; nil where the container has paths of its own.
    let synthetic: String?
    private let paths: [FieldPath]

    /// The partition key of a document's item in a container.
    ///
    /// - Throws: `invalidKey` when the container has another number of paths; `keyTooLong`.
    init(_ partition: PartitionKey, in container: ContainerShape, _ collection: CollectionName) throws(StoreError) {
        let context = StoreError.Context(collection: collection)
        paths = container.paths
        if container.isSynthetic {
            synthetic = partition.text
            components = [.string(partition.text)]
        } else {
            synthetic = nil
            components = partition.components
            guard components.count == paths.count else {
                throw StoreError(
                    .invalidKey,
                    "The partition key has \(components.count) parts, and the container's has \(paths.count); give one for each path.",
                    context: context
                )
            }
        }
        for case .string(let text) in components where text.utf8.count > PartitionPlace.maximumValueBytes {
            throw StoreError(
                .keyTooLong,
                "A part of the partition key has \(text.utf8.count) bytes, and Cosmos DB holds \(PartitionPlace.maximumValueBytes); shorten it.",
                context: context
            )
        }
    }

    /// The key of the item that holds a collection's definition: all levels are absent.
    init(definitionIn container: ContainerShape) {
        paths = container.paths
        synthetic = nil
        components = container.isSynthetic ? [.absent] : container.paths.map { _ in .absent }
    }

    var header: String { PartitionPlace.header(components) }

    /// Whether a document has the key's values at the container's paths, as JSON shows them.
    func isHeld(by document: Document) -> Bool {
        guard synthetic == nil else { return true }
        return zip(paths, components).allSatisfy { path, component in
            switch (component, document[path: path]) {
            case (.absent, nil), (.null, .null?): true
            case (.bool(let flag), .bool(let held)?): flag == held
            case (.number(let number), .int32(let held)?): number == Double(held)
            case (.number(let number), .double(let held)?): number == held && held != held.rounded()
            case (.string(let text), .string(let held)?): text.hasSameUTF8(as: held)
            default: false
            }
        }
    }

    /// Throws `invalidDocument` when a document has another scalar at a path of the key than its key has there.
    func refuseContradiction(by document: Document, _ key: DocumentKey) throws(StoreError) {
        guard synthetic == nil else { return }
        for (path, component) in zip(paths, components) {
            let agrees =
                switch (document[path: path], component) {
                case (.string(let held)?, .string(let text)): text.hasSameUTF8(as: held)
                case (.bool(let held)?, .bool(let flag)): held == flag
                case (.null?, .null): true
                case (.int32?, .number(let number)), (.int64?, .number(let number)), (.double?, .number(let number)),
                    (.decimal128?, .number(let number)):
                    document.compare(at: path, with: .double(number)) == .equal
                case (.string?, _), (.bool?, _), (.null?, _), (.int32?, _), (.int64?, _), (.double?, _),
                    (.decimal128?, _):
                    false
                // Nothing, or what no key can be: a filter on the level does not select it.
                default: true
                }
            guard agrees else {
                throw StoreError(
                    .invalidDocument,
                    "The document has another value at the path of its partition key than its key; make them equal.",
                    context: .init(collection: key.collection)
                )
            }
        }
    }

    /// The members that an item needs for its key, where the document does not hold them; numbers are doubles.
    var fields: Document {
        var fields = Document()
        guard synthetic == nil else { return fields }
        // The item has its id anyway.
        for (path, component) in zip(paths, components) where path != FieldPath(components: ["id"]) {
            switch component {
            case .absent: break
            case .null: fields[path: path] = .null
            case .bool(let flag): fields[path: path] = .bool(flag)
            case .string(let text): fields[path: path] = .string(text)
            case .number(let number):
                fields[path: path] = .double(number)
            }
        }
        return fields
    }
}

/// What of a container decides where items lie.
struct ContainerShape: Sendable, Hashable {
    /// The paths of the partition key.
    var paths: [FieldPath]
    var isHierarchical: Bool
    /// The version of the hash; only the second one is computed here.
    var hashVersion: Int

    /// Whether the adapter made it for a collection without paths.
    var isSynthetic: Bool { paths == [FieldPath(components: [ItemForm.partition])] }

    /// The partition key of an item.
    func partition(of item: StoredItem) -> PartitionKey? {
        if isSynthetic {
            guard case .string(let text)? = item[ItemForm.partition] else {
                return nil
            }
            return try? PartitionKey(text: text)
        }
        return try? PartitionKey(components: paths.map { Self.component(item[path: $0]) })
    }

    /// A level of the key, by the value that an item has there.
    static func component(_ value: Value?) -> PartitionKey.Component {
        switch value {
        case .null?: .null
        case .bool(let flag)?: .bool(flag)
        case .string(let text)?: .string(text)
        case .int32(let number)?: .number(Double(number))
        case .int64(let number)?: .number(Double(number))
        case .double(let number)?: .number(number)
        default: .absent
        }
    }
}
