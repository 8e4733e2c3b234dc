/// The event stores that this process can reach, by the names that routes use.
///
/// A name that is not registered is an error, never a fallback to another store.
public struct StoreRegistry: Sendable {
    private let stores: [StoreID: any FencedEventStore]

    /// Registers stores. Throws `invalidConfiguration` when two have the same id.
    public init(_ stores: [any FencedEventStore]) throws(StoreError) {
        var known: [StoreID: any FencedEventStore] = [:]
        for store in stores {
            guard known.updateValue(store, forKey: store.id) == nil else {
                throw StoreError(
                    .invalidConfiguration,
                    "Two stores are registered under one id; give each its own.",
                    context: .init(store: store.id)
                )
            }
        }
        self.stores = known
    }

    /// The store behind a name. Throws `unregisteredStore`.
    public func store(_ id: StoreID) throws(StoreError) -> any FencedEventStore {
        if Mutant.unregisteredFallsBack.isOn, let other = all.first { return stores[id] ?? other }
        guard let store = stores[id] else {
            throw StoreError(
                .unregisteredStore,
                "No store is registered under the id that the route names; register it in every process.",
                context: .init(store: id)
            )
        }
        return store
    }

    /// All registered stores, ordered by id.
    public var all: [any FencedEventStore] { stores.values.sorted { $0.id < $1.id } }
}
