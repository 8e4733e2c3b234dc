internal import MigrationCore

/// Which container holds a collection: that of its own name, what the service refuses in it escaped, or one that was given.
struct ContainerNames: Sendable {
    /// The containers that were given by name.
    let given: [CollectionName: String]
    private let owners: [[UInt8]: CollectionName]

    init(given: [CollectionName: String]) {
        self.given = given
        owners = Dictionary(given.map { (Array($0.value.utf8), $0.key) }, uniquingKeysWith: { first, _ in first })
    }

    /// The container of a collection.
    ///
    /// - Throws: `keyTooLong` when the name does not fit; `invalidConfiguration` when the container was given to another one.
    func container(of collection: CollectionName) throws(StoreError) -> String {
        if let name = given[collection] { return name }
        let name = ItemID.escaped(collection.text)
        guard name.utf8.count <= 255 else {
            throw StoreError(
                .keyTooLong,
                "The collection's name makes a container's name of \(name.utf8.count) characters, and the service takes 255; "
                    + "give it a container by name in the configuration.",
                context: .init(collection: collection)
            )
        }
        guard owners[Array(name.utf8)] == nil else {
            throw StoreError(
                .invalidConfiguration,
                "The collection's container was given to another collection in the configuration; give this one another.",
                context: .init(collection: collection)
            )
        }
        return name
    }

    /// The collection of a container; nil for one that belongs to none.
    func collection(of container: String) -> CollectionName? {
        if let owner = owners[Array(container.utf8)] { return owner }
        guard let text = ItemID.unescaped(container), let name = try? CollectionName(text), given[name] == nil,
            let own = try? self.container(of: name), own.hasSameUTF8(as: container)
        else { return nil }
        return name
    }

    static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.last != 0x20
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && !"/\\#?".utf8.contains($0) }
    }
}
