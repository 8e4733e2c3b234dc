public import MigrationCore

/// Every promise of `FencedEventStore` and `RepairableEventStore` as a behaviour.
///
/// Give it a closure that makes a fresh, empty store, and run its behaviours in your tests:
///
/// ```swift
/// @Test(arguments: EventStoreConformance { try await makeStore() }.behaviours)
/// func conforms(_ behaviour: Behaviour) async throws { try await behaviour.run() }
/// ```
///
/// Each behaviour makes a store of its own and closes it at the end, so behaviours may run in parallel. Behaviours about
/// repair apply to stores that are `RepairableEventStore`, those about restarts need `reopen`; without, they pass at once.
public struct EventStoreConformance: Sendable {
    let options: ConformanceOptions
    let makeStore: @Sendable () async throws -> any FencedEventStore
    let reopen: (@Sendable (any FencedEventStore) async throws -> any FencedEventStore)?
    let dispose: @Sendable (any FencedEventStore) async -> Void

    /// Makes the suite for one adapter.
    ///
    /// - Parameters:
    ///   - options: how thoroughly to look, and from which seed.
    ///   - reopen: opens the data of a store that was closed again, as after a restart; `nil` when nothing survives that.
    ///   - dispose: called with each store after it was closed, such as to remove its file.
    ///   - makeStore: makes a fresh, empty store.
    public init(
        options: ConformanceOptions = ConformanceOptions(),
        reopen: (@Sendable (any FencedEventStore) async throws -> any FencedEventStore)? = nil,
        dispose: @escaping @Sendable (any FencedEventStore) async -> Void = { _ in },
        makeStore: @escaping @Sendable () async throws -> any FencedEventStore
    ) {
        self.options = options
        self.reopen = reopen
        self.dispose = dispose
        self.makeStore = makeStore
    }

    /// All behaviours, each with a name of its own.
    public var behaviours: [Behaviour] {
        badInput + sizes + appending + expectedVersions + idempotence + fidelity + reading + tenants + chain
            + preparing + raising + appendFence + readFence + fenceRaces + offering + offerFence + replacing + purging
            + waiting + subscribing + concurrency + generated + lifecycle
    }

    func behaviour(_ name: String, _ body: @escaping @Sendable (EventBed) async throws -> Void) -> Behaviour {
        let seed = options.seed
        return Behaviour(name) { [self] in
            do {
                let bed = EventBed(store: try await makeStore(), suite: self, name: name)
                do {
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

extension ConformanceFailure {
    /// Completes what a behaviour threw.
    init(_ error: any Error, behaviour: String, seed: UInt64) {
        switch error {
        case let failure as ConformanceFailure: self = failure
        case let mismatch as Mismatch:
            self.init(
                behaviour: behaviour,
                expectation: mismatch.expectation,
                observed: mismatch.observed,
                seed: seed,
                history: mismatch.history
            )
        default:
            self.init(
                behaviour: behaviour,
                expectation: "no error",
                observed: brief(String(reflecting: error)),
                seed: seed
            )
        }
    }
}
