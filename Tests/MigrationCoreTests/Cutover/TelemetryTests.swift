import InMemoryAdapter
import InMemoryLogging
import InMemoryTracing
import Logging
import Metrics
import MetricsTestKit
import Testing
import Tracing

@testable import MigrationCore

@Suite("What a migration tells", .timeLimit(.minutes(5)))
struct TelemetryTests {
    private let fleet = Fleet()

    private func append(_ count: Int, through router: TenantRouter) async throws {
        for number in 0..<count {
            let event = NewEvent(
                type: "E",
                occurredAt: WallTime(millisecondsSinceEpoch: 0),
                payload: ["n": .int32(Int32(number))]
            )
            _ = try await router.append([event], to: "s", tenant: Fleet.tenant)
        }
    }

    /// Moves a tenant with ten events, and one more that its interceptor mirrors.
    private func move() async throws {
        let process = try fleet.makeProcess()
        try await append(10, through: process.router)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await process.coordinator.run() }
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            try await process.coordinator.cutOver(id)
            _ = try await process.coordinator.verify(id)
            group.cancelAll()
        }
    }

    @Test("metrics have the documented names, dimensions from closed sets, and the numbers of what happened")
    func metrics() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) { try await move() }
        #expect(metrics.counterTotal(label: MetricName.copiedEvents.rawValue) == 10)
        #expect(metrics.counterTotal(label: MetricName.cutovers.rawValue, dimensions: [("outcome", "migrated")]) == 1)
        #expect(metrics.counterTotal(label: MetricName.transitions.rawValue, dimensions: [("state", "migrated")]) == 1)
        #expect(metrics.counterTotal(label: MetricName.verifiedEvents.rawValue) == 10)
        #expect(metrics.counterTotal(label: MetricName.violations.rawValue) == 0)
        let pause = try metrics.expectTimer(MetricName.pause.rawValue, [("outcome", "migrated")])
        #expect(pause.values.count == 1)
        let known = Set(MetricName.allCases.map(\.rawValue))
        let labels = metrics.counters.map(\.label) + metrics.timers.map(\.label) + metrics.recorders.map(\.label)
        #expect(Set(labels).isSubset(of: known))
        let dimensions = metrics.counters.flatMap(\.dimensions) + metrics.timers.flatMap(\.dimensions)
        #expect(dimensions.allSatisfy { !$0.1.contains("acme") })
    }

    @Test("spans have constant names and say which tenant and migration they belong to")
    func spans() async throws {
        let tracer = InMemoryTracer()
        try await withTracer(tracer) { try await move() }
        let names = Set(tracer.finishedSpans.map(\.operationName))
        #expect(names.isSuperset(of: ["migration.copy", "migration.cutover", "migration.verify"]))
        #expect(names.isSubset(of: Set(SpanName.allCases.map(\.rawValue))))
        let cutover = try #require(tracer.finishedSpans.first { $0.operationName == "migration.cutover" })
        #expect(cutover.attributes.get("migration.tenant") == .string("acme"))
        #expect(cutover.attributes.get("migration.id") != nil)
        #expect(cutover.status == nil)
    }

    @Test("a refused cutover ends its span with the error's code and counts it")
    func refusedCutover() async throws {
        let metrics = TestMetrics()
        try await withMetricsFactory(metrics) {
            let process = try fleet.makeProcess()
            try await append(1, through: process.router)
            let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
            await #expect(throws: CutoverError.self) { try await process.coordinator.cutOver(id) }
        }
        #expect(metrics.counterTotal(label: MetricName.cutovers.rawValue, dimensions: [("outcome", "state")]) == 1)
    }

    @Test("changes of state are logged at debug with constant texts and known keys, and no payload")
    func logs() async throws {
        let handler = InMemoryLogHandler()
        var logger = Logger(label: "test", factory: { _ in handler })
        logger.logLevel = .trace
        try await withLogger(logger) { _ in try await move() }
        let entries = handler.entries
        let states = entries.filter { $0.message == "A route was changed." }
            .compactMap { $0.metadata[LogKey.state.rawValue]?.description }
        #expect(Set(states).isSuperset(of: ["pending", "bulk_copy", "dual_write", "migrated"]))
        let known = Set(LogKey.allCases.map(\.rawValue))
        #expect(entries.allSatisfy { Set($0.metadata.keys).isSubset(of: known) })
        #expect(entries.allSatisfy { $0.level <= .debug })
    }

    @Test("an error that the work meets is told once as a warning, and that it is over as an information")
    func trouble() async throws {
        let hooked = Locked<HookedEventStore?>(nil)
        let troubled = Fleet { store in
            guard store.id == "second" else { return store }
            let sick = HookedEventStore(store)
            let error = StoreError(.unavailable, "The target is away.", context: .init(store: "second"))
            sick.failOffers(with: error)
            hooked.withLock { $0 = sick }
            return sick
        }
        let handler = InMemoryLogHandler()
        let metrics = TestMetrics()
        try await withLogger(Logger(label: "test", factory: { _ in handler })) { _ in
            try await withMetricsFactory(metrics) {
                var configuration = MigrationCoordinator.Configuration.quick
                configuration.copier.retry = .never
                let process = try troubled.makeProcess(configuration)
                try await append(5, through: process.router)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try? await process.coordinator.run() }
                    let id = try await process.coordinator.start(tenant: Fleet.tenant, to: "second")
                    while try await process.coordinator.status(of: id).stuckOn == nil {
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    #expect(await process.coordinator.health().status == .degraded)
                    hooked.withLock { $0 }?.failOffers(with: nil)
                    try await process.coordinator.waitUntil(.dualWrite, of: id)
                    while handler.entries.last?.level != .info { try await Task.sleep(for: .milliseconds(2)) }
                    #expect(await process.coordinator.health().status == .healthy)
                    group.cancelAll()
                }
            }
        }
        #expect(handler.entries.map(\.level) == [.warning, .info])
        #expect(handler.entries.first?.metadata[LogKey.code.rawValue] == "unavailable")
        #expect(
            metrics.counterTotal(label: MetricName.obstacles.rawValue, dimensions: [("category", "transient")]) >= 1
        )
    }

    @Test("a health report names the store that does not answer, and is unhealthy without the control store")
    func health() async throws {
        let coordinator = try fleet.makeProcess().coordinator
        #expect(await coordinator.health().status == .healthy)
        await fleet.second.close()
        let report = await coordinator.health()
        #expect(report.status == .degraded)
        #expect(report.stores.map(\.isReachable) == [true, false])
        #expect(report.stores.last?.code == "closed")
        #expect(report.document["status"] == "degraded")
        await fleet.documents.close()
        #expect(await coordinator.health().status == .unhealthy)
    }
}
