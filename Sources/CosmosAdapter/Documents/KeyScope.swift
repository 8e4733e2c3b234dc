internal import MigrationCore

/// Where a query looks.
enum KeyScope: Sendable {
    case all
    /// Within one partition.
    case partition(PartitionKey)
    /// Under the first levels of a hierarchical key.
    case under(PartitionKey)

    init(_ partition: PartitionKey?) {
        self = partition.map { .partition($0) } ?? .all
    }
}

extension ContainerShape {
    /// Where everything lies whose key begins with some levels: the effective key of a level is a prefix of that of the next.
    ///
    /// - Throws: `invalidKey` for a prefix that the container's key cannot have.
    func place(under prefix: PartitionKey, _ collection: CollectionName) throws(StoreError) -> WalkPlace {
        guard isHierarchical, (1...paths.count).contains(prefix.components.count) else {
            throw StoreError(
                .invalidKey,
                "A prefix has 1 to \(paths.count) levels of a hierarchical partition key; for another key name the partition.",
                context: .init(collection: collection)
            )
        }
        let minimum = PartitionPlace.effectiveKey(prefix.components, isHierarchical: true)
        return WalkPlace(from: minimum, to: minimum + "FF")
    }

    /// The first levels of the key that a document must have so that a filter selects it; nil when it leaves the first one open.
    ///
    /// A level counts that is equal to one text, flag, null or number.
    func prefix(fixedBy filter: Filter) -> PartitionKey? {
        guard isHierarchical else { return nil }
        var components: [PartitionKey.Component] = []
        for path in paths {
            guard let component = Self.component(at: path, fixedBy: filter) else { break }
            components.append(component)
        }
        return components.isEmpty ? nil : try? PartitionKey(components: components)
    }

    private static func component(at path: FieldPath, fixedBy filter: Filter) -> PartitionKey.Component? {
        switch filter {
        case .equal(let own, let value) where own == path: component(value)
        case .oneOf(let own, let values) where own == path && values.count == 1: component(values[0])
        case .and(let filters): filters.lazy.compactMap { component(at: path, fixedBy: $0) }.first
        default: nil
        }
    }

    private static func component(_ value: Value) -> PartitionKey.Component? {
        switch value {
        case .string(let text): .string(text)
        case .bool(let flag): .bool(flag)
        case .null: .null
        case .int32(let number): .number(Double(number))
        case .int64(let number): Double(exactly: number).map { .number($0) }
        case .double(let number) where number.isFinite: .number(number)
        default: nil
        }
    }
}
