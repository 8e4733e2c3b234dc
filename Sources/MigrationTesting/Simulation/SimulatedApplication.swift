internal import MigrationCore

/// The application of a simulation: its stores, its processes, the operator who moves the tenant, and the final proof.
struct SimulatedApplication: Sendable {
    static let tenant: TenantID = "acme"
    /// A tenant that never moves: nothing that happens to the other one may touch it.
    static let neighbour: TenantID = "neighbour"

    let world: SimulatedWorld
    let ledger = AcknowledgementLedger()
    private let eventStores: [any RepairableEventStore]
    private let documents: any DocumentStore
    private let observer: FenceObserver
    private let replicas: StaleReads

    init(world: SimulatedWorld, stores: MigrationSimulation.Stores) {
        self.world = world
        let clock = SimulatedClock(executor: world.executor, pace: 1)
        eventStores = ["first", "second", "third"].map { stores.makeEventStore(StoreID(stringLiteral: $0), clock) }
        documents = stores.makeDocumentStore("control", clock, world.random)
        observer = FenceObserver(world)
        replicas = StaleReads(world)
    }

    private var options: SimulationOptions { world.options }

    func run() async {
        await withTaskGroup(of: Void.self) { background in
            background.addTask { await self.world.deliverLateRequests() }
            background.addTask { await self.strikeStores() }
            for number in 0..<options.processes {
                background.addTask { await self.live("app\(number)") { await self.application($0, number: number) } }
            }
            for number in 0..<options.coordinators {
                background.addTask { await self.live("coordinator\(number)") { await self.coordination($0) } }
            }
            let faults = options.faultTime
            background.addTask {
                if await self.world.executor.sleep(until: faults) { self.world.heal() }
            }
            await SimulatedOperator(application: self).run()
            background.cancelAll()
        }
        await SimulationProof(world: world, ledger: ledger, stores: eventStores, documents: documents).check()
    }

    // MARK: Processes

    /// Everything that a process needs, as it reaches it.
    struct Equipment: Sendable {
        let process: SimulatedProcess
        let control: ControlStore
        let stores: StoreRegistry
        let router: TenantRouter
        let coordinator: MigrationCoordinator
    }

    func equip(_ process: SimulatedProcess) -> Equipment {
        let control = ControlStore(
            SimulatedDocumentStore(inner: documents, process: process, replicas: replicas),
            clock: process.clock,
            random: world.random
        )
        do {
            let stores = try StoreRegistry(
                eventStores.map { SimulatedEventStore(inner: $0, process: process, observer: observer) }
            )
            let router = try TenantRouter(
                control: control,
                stores: stores,
                home: "first",
                configuration: TenantRouter.Configuration(
                    maximumRouteAge: .milliseconds(500),
                    maximumParkTime: .seconds(30)
                ),
                now: { process.wallTime() }
            )
            let coordinator = try MigrationCoordinator(
                control: control,
                stores: stores,
                configuration: MigrationCoordinator.Configuration(
                    copier: EventCopier.Configuration(
                        maximumPageEvents: 20,
                        maximumBatchEvents: 20,
                        retry: RetryPolicy(maximumAttempts: 4, deadline: .seconds(10))
                    ),
                    cutoverTimeout: .seconds(5),
                    maximumDrainEvents: 50,
                    keepsSourceWarm: world.chance { $0.below(4) > 0 },
                    purgesOnAbort: world.chance { $0.below(2) == 0 },
                    adoptionInterval: .milliseconds(200),
                    leaseDuration: .seconds(3),
                    routePollInterval: .milliseconds(100),
                    actor: process.name
                ),
                name: process.name,
                clock: process.clock,
                now: { process.wallTime() }
            )
            return Equipment(
                process: process,
                control: control,
                stores: stores,
                router: router,
                coordinator: coordinator
            )
        } catch {
            preconditionFailure("The simulation's own configuration is wrong: \(error)")
        }
    }

    /// A process that dies now and then and starts again, with nothing in memory.
    private func live(_ name: String, _ body: @escaping @Sendable (Equipment) async -> Void) async {
        var life = 0
        while !Task.isCancelled {
            life += 1
            let process = SimulatedProcess("\(name).\(life)", in: world)
            let equipment = equip(process)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await body(equipment) }
                group.addTask { await self.strike(process) }
                await group.next()
                group.cancelAll()
            }
            _ = await world.executor.sleep(until: world.executor.now + world.time(around: .milliseconds(500)))
        }
    }

    /// Lets a process stall and, in the end, die. Returns when it is dead, or when everything has healed for good.
    private func strike(_ process: SimulatedProcess) async {
        guard options.timeBetweenCrashes > .zero else { return await waitForCancellation() }
        while !Task.isCancelled {
            guard await world.executor.sleep(until: world.executor.now + world.time(around: options.timeBetweenCrashes))
            else {
                return
            }
            guard !world.isHealed else { return await waitForCancellation() }
            if world.strikes(0.25) { process.jumpClock() }
            if world.strikes(0.5) {
                process.stall(for: world.time(around: .seconds(8)))
            } else {
                process.crash()
                return
            }
        }
    }

    private func waitForCancellation() async {
        while await world.executor.sleep(until: world.executor.now + .seconds(3_600)) {}
    }

    private func strikeStores() async {
        while await world.executor.sleep(until: world.executor.now + world.time(around: .seconds(12))) {
            guard !world.isHealed else { return }
            let store = eventStores[world.chance { $0.below(3) }]
            world.beginOutage(of: store.id, for: world.time(around: .seconds(2)))
        }
    }

    private func coordination(_ equipment: Equipment) async {
        try? await equipment.coordinator.run()
        await waitForCancellation()
    }

    private func application(_ equipment: Equipment, number: Int) async {
        do {
            let mode: MirrorMode = [.background, .inline(timeout: .milliseconds(20)), .tail][number % 3]
            let store = try DualWriteInterceptor(equipment.router, configuration: .init(mode: mode))
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await equipment.router.run() }
                group.addTask { try? await store.run() }
                for writer in 0..<options.writersPerProcess {
                    let tenant = writer == 0 ? Self.neighbour : Self.tenant
                    group.addTask {
                        await SimulatedWriter(
                            name: "\(number)-\(writer)",
                            tenant: tenant,
                            store: store,
                            process: equipment.process,
                            world: self.world,
                            ledger: self.ledger
                        ).run()
                    }
                }
            }
        } catch {
            preconditionFailure("The simulation's own configuration is wrong: \(error)")
        }
    }
}
