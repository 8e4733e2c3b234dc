import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// A move whose control plane and whose stores are in Cosmos DB.
@Suite("A move in Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosMoveTests {
    @Test("the control store works over it: a tenant moves between two databases while it is written to")
    func move() async throws {
        let (first, second, third) = (try CosmosBed(), try CosmosBed(), try CosmosBed())
        let old = try await CosmosEventStore.connect(id: "old", try CosmosBed.configuration(first.database))
        let new = try await CosmosEventStore.connect(id: "new", try CosmosBed.configuration(second.database))
        let documents = try await third.store()
        let control = ControlStore(documents)
        try await control.prepare()
        try await control.prepare()
        let stores = try StoreRegistry([old, new])
        let router = try TenantRouter(control: control, stores: stores, home: "old")
        let coordinator = try MigrationCoordinator(control: control, stores: stores)
        func append(_ number: Int) async throws -> Int64 {
            let event = NewEvent(type: "Counted", occurredAt: .now(), payload: ["n": .int32(Int32(number))])
            return try await router.append([event], to: "s", tenant: "acme").positions.upperBound
        }
        for number in 0..<20 { _ = try await append(number) }
        let writing = Locked(true)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                try await coordinator.run()
                return 0
            }
            group.addTask {
                var number = 20
                while writing.withLock({ $0 }) {
                    let position = try await append(number)
                    #expect(position == Int64(number + 1))
                    number += 1
                }
                return number
            }
            let id = try await coordinator.start(tenant: "acme", to: "new")
            try await coordinator.waitUntil(.dualWrite, of: id)
            try await coordinator.cutOver(id)
            writing.withLock { $0 = false }
            let count = try await group.next() ?? 0
            group.cancelAll()
            return count
        }
        #expect(try await new.head(tenant: "acme", epoch: .maintenance)?.position == Int64(count))
        let events = try await router.readLog(tenant: "acme", after: 0, limit: 1_000)
        #expect(events.map { $0.payload["n"] } == (0..<min(count, 1_000)).map { .int32(Int32($0)) })
        #expect(try await code { try await old.readLog(tenant: "acme", after: 0, limit: 1, epoch: .unrouted) } != nil)
        await documents.close()
        await old.close()
        await new.close()
    }
}
