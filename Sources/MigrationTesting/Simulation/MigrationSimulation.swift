public import MigrationCore

/// Whole migrations on virtual time in one thread, scheduled by a seed, with faults at every await.
///
/// Several application processes write and read through routers of their own, coordinators copy and cut over, an operator moves
/// the tenant there, back and onwards, and all the while requests and answers are lost, doubled, late or refused, processes
/// stall and die, stores are out, callers are cancelled and clocks differ. In the end the stores themselves must show that
/// nothing that was acknowledged is missing, doubled or out of order, and every migration must have ended.
///
/// The same seed gives the same history. ``run()`` blocks the calling thread; run different seeds in different processes.
public struct MigrationSimulation: Sendable {
    /// Makes the stores of a run: in memory, on the clock that they are given.
    public struct Stores: Sendable {
        /// Makes an empty event store.
        public var makeEventStore: @Sendable (StoreID, any Clock<Duration>) -> any RepairableEventStore
        /// Makes an empty document store for the control plane.
        public var makeDocumentStore: @Sendable (StoreID, any Clock<Duration>, RandomSource) -> any DocumentStore

        /// Makes a pair of factories.
        public init(
            makeEventStore: @escaping @Sendable (StoreID, any Clock<Duration>) -> any RepairableEventStore,
            makeDocumentStore: @escaping @Sendable (StoreID, any Clock<Duration>, RandomSource) -> any DocumentStore
        ) {
            self.makeEventStore = makeEventStore
            self.makeDocumentStore = makeDocumentStore
        }
    }

    private let seed: UInt64
    private let options: SimulationOptions
    private let stores: Stores

    /// Prepares a run.
    public init(seed: UInt64, options: SimulationOptions = SimulationOptions(), stores: Stores) {
        self.seed = seed
        self.options = options
        self.stores = stores
    }

    /// Runs to the end.
    public func run() -> SimulationReport {
        let world = SimulatedWorld(seed: seed, options: options)
        let isDone = Locked(false)
        let stores = stores
        let root = Task(executorPreference: world.executor) {
            await SimulatedApplication(world: world, stores: stores).run()
            isDone.withLock { $0 = true }
        }
        let end = world.executor.run(maximumSteps: options.maximumSteps) { isDone.withLock { $0 } }
        switch end {
        case .finished: break
        case .stuck: world.violation("Everything waits and nothing will ever wake it up.")
        case .tooLong: world.violation("The run did not end within \(options.maximumSteps) jobs.")
        }
        if end != .finished { root.cancel() }
        let escapes = world.executor.escapes
        if escapes > 0 { world.violation("\(escapes) jobs reached the simulation from another thread.") }
        return world.finish()
    }
}
