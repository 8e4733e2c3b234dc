import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// Which accounts a store is opened over; with a server of its own, because its account is changed.
@Suite("Accounts of Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator)
struct CosmosAccountTests {
    @Test("an account that cannot keep the promises of a store is refused by name")
    func promises() async throws {
        let server = try AzureServer.start()
        func configuration(_ change: (inout CosmosConfiguration) -> Void = { _ in }) throws -> CosmosConfiguration {
            var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: "shop")
            configuration.createsDatabase = true
            change(&configuration)
            return configuration
        }
        func documents(_ configuration: CosmosConfiguration) async throws {
            await (try await CosmosDocumentStore.connect(id: "d", configuration)).close()
        }
        func events(_ configuration: CosmosConfiguration) async throws {
            await (try await CosmosEventStore.connect(id: "e", configuration)).close()
        }
        let refused = StoreError.Code.invalidConfiguration
        try await server.set(["consistency": "Session"])
        #expect(try await code { try await documents(configuration { $0.createsDatabase = false }) } == refused)
        try await documents(configuration())
        #expect(try await code { try await events(configuration()) } == refused)
        try await events(configuration { $0.isOnlyProcess = true })
        for level in ["Strong", "BoundedStaleness"] {
            try await server.set(["consistency": level])
            try await documents(configuration())
            try await events(configuration())
        }
        for level in ["Eventual", "ConsistentPrefix"] {
            try await server.set(["consistency": level])
            #expect(try await code { try await documents(configuration()) } == refused)
            #expect(try await code { try await events(configuration { $0.isOnlyProcess = true }) } == refused)
        }
        let region = ["name": "One", "databaseAccountEndpoint": server.endpoints["cosmos"] ?? ""]
        try await server.set(["consistency": "Strong", "writableLocations": [region, region]])
        #expect(try await code { try await documents(configuration()) } == refused)
        #expect(try await code { try await events(configuration()) } == refused)
    }

    @Test("what containers may use is asked for when they are made, and refused by a serverless account")
    func throughput() async throws {
        let server = try AzureServer.start()
        func store(_ throughput: CosmosThroughput) async throws -> CosmosDocumentStore {
            var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: "shop")
            configuration.createsDatabase = true
            configuration.throughput = throughput
            return try await CosmosDocumentStore.connect(id: "d", configuration)
        }
        for (index, throughput) in [CosmosThroughput.serviceDefault, .manual(500), .autoscale(maximum: 2_000)]
            .enumerated()
        {
            let store = try await store(throughput)
            try await store.ensureCollection(CollectionDefinition(try CollectionName("c\(index)")))
            await store.close()
        }
        #expect(try await code { try await store(.manual(450)) } == .invalidConfiguration)
        #expect(try await code { try await store(.autoscale(maximum: 500)) } == .invalidConfiguration)
        try await server.set(["serverless": true])
        let serverless = try await store(.manual(400))
        let refusal = try await code { try await serverless.ensureCollection(CollectionDefinition("x")) }
        #expect(refusal == .invalidArgument)
        await serverless.close()
        let plain = try await store(.serviceDefault)
        try await plain.ensureCollection(CollectionDefinition("x"))
        await plain.close()
    }

    @Test(
        "throughput is read and changed after a container was made, also its kind, and an account without one says so"
    )
    func changedThroughput() async throws {
        let server = try AzureServer.start()
        func store(_ throughput: CosmosThroughput, _ database: String = "shop") async throws -> CosmosDocumentStore {
            var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: database)
            configuration.createsDatabase = true
            configuration.throughput = throughput
            return try await CosmosDocumentStore.connect(id: "d", configuration)
        }
        let first = try await store(.manual(500))
        try await first.ensureCollection(CollectionDefinition("c"))
        let made = try #require(try await first.throughput(of: "c"))
        #expect(made.throughput == .manual(500) && made.minimum == 400)
        for throughput in [
            CosmosThroughput.manual(700), .manual(700), .autoscale(maximum: 4_000), .autoscale(maximum: 6_000),
            .manual(1_100),
        ] {
            let changed = try await first.setThroughput(throughput, of: "c")
            #expect(changed.throughput == throughput)
            #expect(try await first.throughput(of: "c")?.throughput == throughput)
        }
        // What was asked for is there although the service has changed the kind, and the answer to that was lost.
        var lost = AzureServer.Fault("cosmos", "PUT", path: "/offers/*", .replyLost)
        lost.next = 1
        try await server.add([lost])
        #expect(try await first.setThroughput(.autoscale(maximum: 2_000), of: "c").minimum == 1_000)
        #expect(try await first.throughput(of: "c")?.throughput == .autoscale(maximum: 2_000))
        for wrong in [CosmosThroughput.manual(450), .manual(300), .autoscale(maximum: 1_500), .serviceDefault] {
            #expect(try await code { try await first.setThroughput(wrong, of: "c") } == .invalidArgument)
        }
        #expect(try await code { try await first.setThroughput(.manual(500), of: "none") } == .collectionNotFound)
        #expect(try await first.throughput(of: "c")?.throughput == .autoscale(maximum: 2_000))
        // That of logs as well, by the name of their container.
        var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: "shop")
        (configuration.isOnlyProcess, configuration.throughput) = (true, .manual(400))
        let events = try await CosmosEventStore.connect(id: "e", configuration)
        #expect(try await first.setThroughput(.manual(900), of: "cutover-events").throughput == .manual(900))
        await events.close()
        await first.close()
        try await server.set(["serverless": true])
        let serverless = try await store(.serviceDefault, "free")
        try await serverless.ensureCollection(CollectionDefinition("c"))
        #expect(try await serverless.throughput(of: "c") == nil)
        #expect(try await code { try await serverless.setThroughput(.manual(500), of: "c") } == .unsupported)
        await serverless.close()
    }

    @Test("empty pages and several ranges change no answer")
    func pages() async throws {
        let server = try AzureServer.start()
        try await server.set(["ranges": 5, "emptyPages": true])
        var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: "shop")
        configuration.createsDatabase = true
        configuration.isOnlyProcess = true
        let store = try await CosmosDocumentStore.connect(id: "d", configuration)
        try await store.ensureCollection(CollectionDefinition("things"))
        let writes = (0..<40).map { number in
            DocumentWrite.put(
                ["n": .int32(Int32(39 - number))],
                to: DocumentKey(collection: "things", partition: PartitionKey(.number(Double(number))), id: "d")
            )
        }
        #expect(try await store.writeBatch(writes).allSatisfy(\.isApplied))
        #expect(try await store.count("things") == 40)
        #expect(try await store.count("things", partition: nil, where: .less("n", 10)) == 10)
        let query = DocumentQuery("things", where: .less("n", 10), sort: [.ascending("n")])
        let page = try await store.query(query, after: nil, pageSize: 20)
        #expect(page.documents.map { $0.document["n"] } == (0..<10).map { .int32($0) })
        let parts = try await store.scanRanges(of: "things", maximumCount: 3)
        #expect(parts.count == 3)
        var found = 0
        for part in parts {
            var continuation: Continuation?
            repeat {
                let page = try await store.scan(part, after: continuation, pageSize: 4)
                found += page.documents.count
                continuation = page.continuation
            } while continuation != nil
        }
        #expect(found == 40)
        await store.close()
        let events = try await CosmosEventStore.connect(id: "e", configuration)
        for number in 0..<9 {
            let tenant = try TenantID("t\(number)")
            _ = try await events.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
        }
        #expect(try await events.tenants(after: "t2", limit: 4).map(\.text) == ["t3", "t4", "t5", "t6"])
        await events.close()
    }
}
