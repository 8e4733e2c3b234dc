import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("A primary that steps down", .timeLimit(.minutes(5)), .needsMongod)
struct StepDownTests {
    /// The events that writers were told to be stored.
    private actor Acknowledged {
        private(set) var ids: [EventID] = []

        func add(_ id: EventID) { ids.append(id) }
    }

    private let tenant: TenantID = "acme"

    @Test("costs its writers time and no acknowledged event; they go on by themselves once there is a primary again")
    func stepDown() async throws {
        let server = try await MongodServer.start()
        defer { server.removeData() }
        let connection = try await MongoConnection.open(server.uri())
        let store = try await MongoEventStore.open("mongo", on: connection, database: "shop")
        try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
        let acknowledged = Acknowledged()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { try await write(as: writer, to: store, acknowledged) }
            }
            for _ in 0..<2 {
                try await wait(for: 40, more: acknowledged)
                await stepDown(connection)
            }
            try await wait(for: 40, more: acknowledged)
            group.cancelAll()
        }
        let log = try await store.readLog(tenant: tenant, after: 0, limit: 100_000, epoch: .maintenance)
        #expect(log.map(\.position) == (1...Int64(log.count)).map { $0 })
        #expect(Set(log.map(\.id)).count == log.count)
        #expect(Set(await acknowledged.ids).isSubset(of: log.map(\.id)))
        await connection.close()
    }

    /// The only member is elected again once the second has passed. The answer may be the end of the connection.
    private func stepDown(_ connection: MongoConnection) async {
        _ = try? await connection.lanes.run { (client) throws(StoreError) in
            try client.command(
                ["replSetStepDown": 1, "secondaryCatchUpPeriodSecs": 0, "force": true],
                on: "admin",
                .plain
            )
        }
    }

    /// Appends one event after the other, each until it is acknowledged, to the end of the task.
    private func write(as writer: Int, to store: MongoEventStore, _ acknowledged: Acknowledged) async throws {
        let stream = try StreamID("writer-\(writer)")
        while !Task.isCancelled {
            let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
            while !Task.isCancelled {
                do throws(StoreError) {
                    _ = try await store.unrouted().append([event], to: stream, tenant: tenant)
                    await acknowledged.add(event.id)
                    break
                } catch {
                    // Whatever became of it, the same event is offered again, which is harmless.
                    guard error.code.isRetryable || [.outcomeUnknown, .cancelled].contains(error.code) else {
                        throw error
                    }
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func wait(for count: Int, more acknowledged: Acknowledged) async throws {
        let goal = await acknowledged.ids.count + count
        while await acknowledged.ids.count < goal { try await Task.sleep(for: .milliseconds(10)) }
    }
}
