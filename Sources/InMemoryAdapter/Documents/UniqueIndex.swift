internal import MigrationCore

/// Which document holds which values of a unique index.
struct UniqueIndex {
    let definition: IndexDefinition
    private var holders: [IndexedValues: ItemKey] = [:]

    init(_ definition: IndexDefinition) { self.definition = definition }

    /// The document that holds the values of this one.
    func holder(of document: Document) -> ItemKey? {
        IndexedValues(document, definition.fields).flatMap { holders[$0] }
    }

    mutating func add(_ document: Document, _ key: ItemKey) {
        if let values = IndexedValues(document, definition.fields) { holders[values] = key }
    }

    mutating func remove(_ document: Document) {
        if let values = IndexedValues(document, definition.fields) { holders[values] = nil }
    }
}
