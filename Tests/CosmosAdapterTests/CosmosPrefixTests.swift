import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// Queries by the first levels of a hierarchical key; with a server of their own, because its requests are counted.
@Suite("Prefixes of hierarchical keys in Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator)
struct CosmosPrefixTests {
    private static let rangeCount = 6

    private struct Bed {
        let server: AzureServer
        let plain: CosmosDocumentStore
        let agreeing: CosmosDocumentStore

        /// Documents of 12 tenants with 3 users each, one of them with keys of other types, over several ranges.
        init() async throws {
            server = try AzureServer.start()
            try await server.set(["ranges": CosmosPrefixTests.rangeCount])
            var configuration = try CosmosConfiguration(connectionString: server.cosmos, database: "shop")
            configuration.createsDatabase = true
            plain = try await CosmosDocumentStore.connect(id: "d", configuration)
            configuration.documentsAgreeWithKeys = true
            agreeing = try await CosmosDocumentStore.connect(id: "e", configuration)
            try await agreeing.ensureCollection(
                CollectionDefinition("orders", partitionPaths: ["tenant", "user", "year"])
            )
            var writes: [DocumentWrite] = []
            for tenant in 0..<12 {
                for user in 0..<3 {
                    for year in 0..<2 {
                        writes.append(
                            .put(
                                [
                                    "tenant": .string("t\(tenant)"), "user": .int32(Int32(user)),
                                    "year": .bool(year == 1),
                                    "n": .int32(Int32(tenant * 100 + user * 10 + year)),
                                ],
                                to: DocumentKey(
                                    collection: "orders",
                                    partition: PartitionKey(
                                        .string("t\(tenant)"),
                                        .number(Double(user)),
                                        .bool(year == 1)
                                    ),
                                    id: "d"
                                )
                            )
                        )
                    }
                }
            }
            writes.append(.put(["n": -1], to: Self.key([.absent, 1, true])))
            writes.append(.put(["tenant": nil, "user": "u", "n": -2], to: Self.key([nil, "u", .absent])))
            // The service holds this one as BSON, because JSON would change its number.
            writes.append(.put(["tenant": "t1", "user": .int64(7), "n": -3], to: Self.key(["t1", 7, .absent])))
            #expect(try await agreeing.writeBatch(writes).allSatisfy(\.isApplied))
        }

        static func key(_ partition: PartitionKey) -> DocumentKey {
            DocumentKey(collection: "orders", partition: partition, id: "x")
        }

        /// How many queries of documents a call makes.
        func queries(_ body: () async throws -> Void) async throws -> Int {
            let before = try await server.faultsMet().first ?? 0
            try await body()
            return try await server.faultsMet()[0] - before
        }

        /// From now on queries are counted.
        func countQueries() async throws {
            try await server.add([
                AzureServer.Fault("cosmos", "POST", path: "/dbs/shop/colls/orders/docs*", .counted)
            ])
        }

        func close() async {
            await plain.close()
            await agreeing.close()
        }
    }

    private func all(
        _ size: Int = 5,
        _ page: (Continuation?) async throws -> DocumentPage
    ) async throws -> [StoredDocument] {
        var documents: [StoredDocument] = []
        var continuation: Continuation?
        repeat {
            let page = try await page(continuation)
            documents += page.documents
            continuation = page.continuation
        } while continuation != nil
        return documents
    }

    private func numbers(_ documents: [StoredDocument]) -> [Int32] {
        documents.map { if case .int32(let number)? = $0.document["n"] { number } else { .min } }.sorted()
    }

    @Test("documents under the first levels of a key are found as by a look at all of them, in fewer requests")
    func prefixes() async throws {
        let bed = try await Bed()
        let store = bed.plain
        let everything = try await all { try await store.query(DocumentQuery("orders"), after: $0, pageSize: 5) }
        #expect(everything.count == 75)
        let prefixes: [PartitionKey] = [
            ["t3"], ["t3", 1], ["t3", 1, true], ["t1"], ["t1", 7], [.absent], [nil], [nil, "u"], ["none"], ["t3", "1"],
        ]
        for prefix in prefixes {
            let expected = everything.filter { $0.key.partition.components.starts(with: prefix.components) }
            let found = try await all {
                try await store.query(DocumentQuery("orders"), under: prefix, after: $0, pageSize: 5)
            }
            #expect(numbers(found) == numbers(expected), "\(prefix)")
            #expect(try await store.count("orders", under: prefix) == expected.count)
            let positive = expected.filter { Filter.greater("n", 310).matches($0.document) }
            #expect(try await store.count("orders", under: prefix, where: .greater("n", 310)) == positive.count)
            let sorted = DocumentQuery("orders", sort: [.descending("n")], limit: 4)
            let page = try await store.query(sorted, under: prefix, pageSize: 10)
            #expect(numbers(page.documents) == numbers(expected).suffix(4))
        }
        try await bed.countQueries()
        let narrow = try await bed.queries { _ = try await store.count("orders", under: ["t3"]) }
        let wide = try await bed.queries { _ = try await store.count("orders") }
        #expect(narrow == 1 && wide == Self.rangeCount)
        await bed.close()
    }

    @Test("a filter that fixes the first levels gives what all ranges give, and asks only those that can hold it")
    func filters() async throws {
        let bed = try await Bed()
        let filters: [(filter: Filter, isNarrow: Bool)] = [
            (.equal("tenant", "t3"), true), (.and([.equal("user", 1), .equal("tenant", "t3")]), true),
            (.and([.equal("tenant", "t3"), .less("n", 320)]), true), (.equal("tenant", nil), true),
            (.and([.equal("tenant", "t1"), .equal("user", .int64(7))]), true), (.oneOf("tenant", ["t4"]), true),
            (.equal("tenant", "none"), true), (.and([.equal("tenant", "t3"), .equal("tenant", "t4")]), true),
            (.equal("user", 1), false), (.oneOf("tenant", ["t3", "t4"]), false),
            (.or([.equal("tenant", "t3"), .equal("n", 501)]), false), (.not(.equal("tenant", "t3")), false),
            (.hasPrefix("tenant", "t1"), false), (.greater("n", 500), false),
        ]
        try await bed.countQueries()
        for (filter, isNarrow) in filters {
            let query = DocumentQuery("orders", where: filter)
            let wide = try await all { try await bed.plain.query(query, after: $0, pageSize: 5) }
            let found = try await all { try await bed.agreeing.query(query, after: $0, pageSize: 5) }
            #expect(numbers(found) == numbers(wide), "\(filter)")
            let queries = try await bed.queries {
                let count = try await bed.agreeing.count("orders", partition: nil, where: filter)
                #expect(count == wide.count)
            }
            #expect(isNarrow ? queries == 1 : queries >= Self.rangeCount, "\(filter): \(queries) requests")
        }
        await bed.close()
    }

    @Test("a document that does not agree with its key is refused where it has to, and found by its filter elsewhere")
    func contradictions() async throws {
        let bed = try await Bed()
        let key = Bed.key(["t5", 1, "y"])
        for body: Document in [["tenant": "t6"], ["tenant": nil], ["user": 2], ["year": true]] {
            #expect(try await code { try await bed.agreeing.write(body, to: key) } == .invalidDocument)
        }
        for body: Document in [["tenant": "t5", "user": .int64(1)], ["year": ["y"]], [:]] {
            #expect(try await bed.agreeing.write(body, to: key).isApplied)
        }
        #expect(try await bed.plain.write(["tenant": "t6", "n": 7], to: key).isApplied)
        #expect(try await bed.plain.count("orders", partition: nil, where: .equal("tenant", "t6")) == 7)
        #expect(try await bed.plain.count("orders", under: ["t5"]) == 7)
        await bed.close()
    }

    @Test("a prefix belongs to a hierarchical key, and a continuation to its prefix")
    func refusals() async throws {
        let bed = try await Bed()
        let store = bed.plain
        try await store.ensureCollection(CollectionDefinition("flat", partitionPaths: ["a"]))
        try await store.ensureCollection(CollectionDefinition("none"))
        for collection: CollectionName in ["flat", "none"] {
            #expect(try await code { try await store.count(collection, under: ["x"]) } == .invalidKey)
        }
        #expect(try await code { try await store.count("orders", under: []) } == .invalidKey)
        let both = DocumentQuery("orders", partition: ["t1", 1, true])
        #expect(try await code { try await store.query(both, under: ["t1"], pageSize: 1) } == .invalidArgument)
        let page = try await store.query(DocumentQuery("orders"), under: ["t3"], pageSize: 1)
        let next = try #require(page.continuation)
        let refused = try await code {
            try await store.query(DocumentQuery("orders"), under: ["t4"], after: next, pageSize: 1)
        }
        #expect(refused == .invalidContinuation)
        #expect(try await code { try await store.query(DocumentQuery("orders"), after: next, pageSize: 1) } == refused)
        await bed.close()
    }
}
