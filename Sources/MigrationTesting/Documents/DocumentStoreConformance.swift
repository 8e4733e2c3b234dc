public import MigrationCore

/// Every promise of `DocumentStore`, `ChangeFeed` and `ExpiringStore` as a behaviour.
///
/// Give it a closure that makes a fresh, empty store, and run its behaviours in your tests:
///
/// ```swift
/// @Test(arguments: DocumentStoreConformance { try await makeStore() }.behaviours)
/// func conforms(_ behaviour: Behaviour) async throws { try await behaviour.run() }
/// ```
///
/// Each behaviour makes a store of its own and closes it at the end, so behaviours may run in parallel. What the store's
/// capabilities leave out must be an error that names it, and that is what the behaviours then check.
public struct DocumentStoreConformance: Sendable {
    let options: ConformanceOptions
    let hasClock: Bool
    let makeStore: @Sendable (ManualWallClock) async throws -> any DocumentStore
    let reopen: (@Sendable (any DocumentStore) async throws -> any DocumentStore)?
    let dispose: @Sendable (any DocumentStore) async -> Void

    /// Makes the suite for an adapter whose time is the system's; lifetimes are waited for.
    ///
    /// - Parameters:
    ///   - options: how thoroughly to look, and from which seed.
    ///   - reopen: opens the data of a store that was closed again, as after a restart; `nil` when nothing survives that.
    ///   - dispose: called with each store after it was closed, such as to remove its file.
    ///   - makeStore: makes a fresh, empty store.
    public init(
        options: ConformanceOptions = ConformanceOptions(),
        reopen: (@Sendable (any DocumentStore) async throws -> any DocumentStore)? = nil,
        dispose: @escaping @Sendable (any DocumentStore) async -> Void = { _ in },
        makeStore: @escaping @Sendable () async throws -> any DocumentStore
    ) {
        self.options = options
        self.reopen = reopen
        self.dispose = dispose
        self.makeStore = { _ in try await makeStore() }
        hasClock = false
    }

    /// Makes the suite for an adapter that takes the time as a function; lifetimes pass without waiting.
    ///
    /// - Parameters:
    ///   - options: how thoroughly to look, and from which seed.
    ///   - reopen: opens the data of a store that was closed again, as after a restart; `nil` when nothing survives that.
    ///   - dispose: called with each store after it was closed, such as to remove its file.
    ///   - makeStore: makes a fresh, empty store that takes its time from the clock.
    public init(
        options: ConformanceOptions = ConformanceOptions(),
        reopen: (@Sendable (any DocumentStore) async throws -> any DocumentStore)? = nil,
        dispose: @escaping @Sendable (any DocumentStore) async -> Void = { _ in },
        makeStore: @escaping @Sendable (_ clock: ManualWallClock) async throws -> any DocumentStore
    ) {
        self.options = options
        self.reopen = reopen
        self.dispose = dispose
        self.makeStore = makeStore
        hasClock = true
    }

    /// All behaviours, each with a name of its own.
    public var behaviours: [Behaviour] {
        badInput + keys + bodies + conditions + tags + batches + transactions + patching + filters + sorting + paging
            + scanning + collections + expiry + changes + uniqueIndexes + concurrency + generated + lifecycle
    }

    func behaviour(_ name: String, _ body: @escaping @Sendable (DocumentBed) async throws -> Void) -> Behaviour {
        let seed = options.seed
        return Behaviour(name) { [self] in
            do {
                let clock = ManualWallClock()
                let bed = DocumentBed(store: try await makeStore(clock), suite: self, clock: clock, name: name)
                do {
                    try await bed.store.ensureCollection(CollectionDefinition(bed.collection))
                    try await body(bed)
                } catch {
                    await bed.store.close()
                    await dispose(bed.store)
                    throw error
                }
                await bed.store.close()
                await dispose(bed.store)
            } catch {
                throw ConformanceFailure(error, behaviour: name, seed: seed)
            }
        }
    }
}
