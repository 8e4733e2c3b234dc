import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import Testing

/// What becomes of documents when requests and replies are lost, and parts of the service move.
@Suite("Documents in Cosmos DB under failures", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosFailureTests {
    private static let key = DocumentKey(collection: "things", partition: "p", id: "a")

    private func prepared(
        _ bed: CosmosBed,
        _ change: (inout CosmosConfiguration) -> Void = { _ in }
    ) async throws -> CosmosDocumentStore {
        let store = try await bed.store(change)
        try await store.ensureCollection(CollectionDefinition("things"))
        return store
    }

    @Test("a write whose reply was lost is found, and a delete is unknown")
    func lostReplies() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        try await bed.server.add([bed.fault("POST", .replyLost)])
        let inserted = try await store.write(["n": 1], to: Self.key, condition: .insert)
        #expect(inserted.isApplied)
        try await bed.server.add([bed.fault("POST", .replyLost)])
        let upserted = try await store.write(["n": 2], to: Self.key)
        let read = try #require(try await store.read(Self.key))
        #expect(upserted.etag == read.etag && read.document == ["n": 2])
        try await bed.server.add([bed.fault("PUT", .replyLost)])
        let replaced = try await store.write(["n": 3], to: Self.key, condition: .ifMatches(read.etag))
        #expect(replaced.isApplied && replaced.etag != read.etag)
        try await bed.server.add([bed.fault("POST", .replyLost)])
        let other = DocumentKey(collection: "things", partition: "p", id: "b")
        let outcome = try await store.transact([.put(["n": 4], to: Self.key), .put(["n": 1], to: other)])
        #expect(outcome.isApplied)
        #expect(try await store.read(Self.key)?.document == ["n": 4])
        try await bed.server.add([bed.fault("DELETE", .replyLost)])
        guard case .unknown = try await store.delete(Self.key) else {
            Issue.record("the delete is not unknown")
            return
        }
        #expect(try await store.read(Self.key) == nil)
        await store.close()
    }

    private func isUnknown(_ outcome: WriteOutcome) -> Bool {
        if case .unknown = outcome { true } else { false }
    }

    @Test("an insert that may never have arrived is not sent again, alone, in bulk and in a transaction")
    func unknownInserts() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        let other = DocumentKey(collection: "things", partition: "p", id: "b")
        let inserts: [DocumentWrite] = [Self.key, other].map { .put(["n": 1], to: $0, condition: .insert) }
        let attempts: [() async throws -> Bool] = [
            { isUnknown(try await store.write(inserts[0])) },
            { try await store.writeBatch(inserts).allSatisfy(isUnknown) },
            {
                guard case .unknown = try await store.transact(inserts) else { return false }
                return true
            },
        ]
        for attempt in attempts {
            try await bed.server.add([bed.fault("POST", .requestLost)])
            #expect(try await attempt())
            for key in [Self.key, other] { #expect(try await store.read(key) == nil) }
        }
        // Under the condition of a version each of them can be sent again.
        let tag = try #require(try await store.write(["n": 1], to: Self.key).etag)
        try await bed.server.add([bed.fault("POST", .requestLost)])
        let both: [DocumentWrite] = [.put(["n": 2], to: Self.key, condition: .ifMatches(tag)), inserts[1]]
        #expect(try await store.transact(both).isApplied)
        await store.close()
    }

    @Test("writes in bulk whose reply was lost are found, each by its mark")
    func lostBulk() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        let writes = (0..<130).map { number in
            DocumentWrite.put(
                ["n": .int32(Int32(number))],
                to: DocumentKey(collection: "things", partition: "p\(number % 7)".partition, id: "d\(number)")
            )
        }
        _ = try await store.writeBatch(writes)
        try await bed.server.add([bed.fault("POST", .replyLost)])
        let outcomes = try await store.writeBatch(writes)
        #expect(outcomes.count == 130 && outcomes.allSatisfy(\.isApplied))
        for (write, outcome) in zip(writes, outcomes) { #expect(try await store.read(write.key)?.etag == outcome.etag) }
        let tags = outcomes.compactMap(\.etag)
        let mixed: [DocumentWrite] = [
            .put(["n": 1], to: writes[0].key, condition: .insert), .delete(writes[1].key, ifMatches: tags[1]),
            .put(["n": 1], to: writes[2].key, condition: .ifMatches(tags[3])), .delete(writes[1].key),
            .put(["n": 1], to: Self.key, condition: .replace), .put(["_id": "x"], to: writes[4].key),
        ]
        let ended = try await store.writeBatch(mixed)
        guard case .rejected(.exists) = ended[0], ended[1].isApplied,
            case .rejected(.etagMismatch(tags[2]?)) = ended[2],
            case .rejected(.notFound) = ended[3], case .rejected(.notFound) = ended[4],
            case .rejected(.invalid) = ended[5]
        else {
            Issue.record("the outcomes are \(ended)")
            return
        }
        await store.close()
    }

    @Test("a scan, a query and a batch go on when ranges are split and merged under them")
    func splits() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        let writes = (0..<60).map { number in
            DocumentWrite.put(
                ["n": .int32(Int32(number))],
                to: DocumentKey(collection: "things", partition: "p\(number)".partition, id: "d")
            )
        }
        #expect(try await store.writeBatch(writes).allSatisfy(\.isApplied))
        let ranges = try await store.scanRanges(of: "things", maximumCount: 8)
        #expect(ranges.count == 1)
        var numbers: [Int32] = []
        var queried: [Int32] = []
        var (scan, query): (Continuation?, Continuation?) = (nil, nil)
        var page = 0
        func number(_ document: StoredDocument) -> Int32 {
            if case .int32(let number)? = document.document["n"] { number } else { -1 }
        }
        repeat {
            if numbers.count < 60 {
                let scanned = try await store.scan(ScanRange("things"), after: scan, pageSize: 7)
                numbers += scanned.documents.map(number)
                scan = scanned.continuation
            }
            if page == 0 || query != nil {
                let found = try await store.query(DocumentQuery("things"), after: query, pageSize: 9)
                queried += found.documents.map(number)
                query = found.continuation
            }
            switch page {
            case 0: try await bed.server.split("0", database: bed.database, container: "things")
            case 1: try await bed.server.split("1", database: bed.database, container: "things")
            case 3: try await bed.server.merge(["3", "4"], database: bed.database, container: "things")
            default: break
            }
            page += 1
        } while scan != nil || query != nil
        #expect(numbers.sorted() == (0..<60).map { Int32($0) })
        #expect(queried.sorted() == (0..<60).map { Int32($0) })
        #expect(try await store.writeBatch(writes).allSatisfy(\.isApplied))
        #expect(try await store.count("things") == 60)
        let parts = try await store.scanRanges(of: "things", maximumCount: 8)
        #expect(parts.count == 2)
        var inParts = 0
        for part in parts { inParts += try await store.scan(part, after: nil, pageSize: 100).documents.count }
        #expect(inParts == 60)
        await store.close()
    }

    @Test("a request goes on when the write region moves, the session is behind or the service asks to wait")
    func moves() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        for (status, substatus) in [(403, 3), (403, 1008), (410, 1002), (410, 1007), (429, 3200), (449, 0), (503, 0)] {
            try await bed.server.add([bed.fault("POST", .refused(status: status, substatus: substatus))])
            let outcome = try await store.write(["n": .int32(Int32(status))], to: Self.key)
            #expect(outcome.isApplied, "\(status)/\(substatus)")
        }
        try await bed.server.add([bed.fault("GET", .refused(status: 404, substatus: 1002))])
        #expect(try await store.read(Self.key)?.document == ["n": 503])
        try await bed.server.add([bed.fault("GET", .refused(status: 400, substatus: 1024))])
        #expect(try await code { try await store.read(Self.key) } == .collectionMismatch)
        await store.close()
    }

    @Test("a container that was deleted and made again is another one, and is refused")
    func recreated() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed)
        _ = try await store.write(["n": 1], to: Self.key)
        try await bed.server.deleteContainer("things", database: bed.database)
        let other = try await bed.store()
        try await other.ensureCollection(CollectionDefinition("things"))
        #expect(try await code { try await store.read(Self.key) } == .collectionMismatch)
        await store.close()
        await other.close()
    }

    @Test("unique keys of a container are kept within a partition, and named")
    func uniqueKeys() async throws {
        let bed = try CosmosBed()
        let store = try await prepared(bed) { $0.uniqueKeys = ["things": [["mail"]]] }
        _ = try await store.write(["mail": "ada"], to: Self.key)
        let second = DocumentKey(collection: "things", partition: "p", id: "b")
        let elsewhere = DocumentKey(collection: "things", partition: "q", id: "b")
        guard case .rejected(.uniqueIndex("/mail")) = try await store.write(["mail": "ada"], to: second),
            case .rejected(index: 0, .uniqueIndex("/mail")) = try await store.transact([
                .put(["mail": "ada"], to: second)
            ])
        else {
            Issue.record("a second value was not refused")
            return
        }
        #expect(try await store.write(["mail": "ada"], to: elsewhere).isApplied)
        await store.close()
    }

    @Test("a collection with three levels takes keys with a value for each, and its documents are found by them")
    func hierarchy() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        let definition = CollectionDefinition("orders", partitionPaths: ["tenant", "user", "a.b"])
        try await store.ensureCollection(definition)
        let partitions: [PartitionKey] = [
            ["t", "u", "x"], ["t", "u", nil], ["t", "u", .absent], ["t", "u", ""], ["t", 5, true], ["t", .absent, "x"],
        ]
        for (number, partition) in partitions.enumerated() {
            let key = DocumentKey(collection: "orders", partition: partition, id: "a")
            let body: Document =
                number == 0 ? ["tenant": "t", "user": "u", "a": ["b": "x"], "n": 0] : ["n": .int32(Int32(number))]
            #expect(try await store.write(body, to: key, condition: .insert).isApplied)
            #expect(try await store.read(key)?.document == body)
            let found = try await store.query(DocumentQuery("orders", partition: partition), after: nil, pageSize: 9)
            #expect(found.documents.map(\.key) == [key])
        }
        let short = DocumentKey(collection: "orders", partition: ["t", "u"], id: "a")
        #expect(try await code { try await store.write(["n": 1], to: short) } == .invalidKey)
        let other = CollectionDefinition("orders", partitionPaths: ["tenant", "user"])
        #expect(try await code { try await store.ensureCollection(other) } == .collectionMismatch)
        #expect(try await store.collections() == [definition])
        await store.close()
    }
}

extension String {
    fileprivate var partition: PartitionKey { PartitionKey(.string(self)) }
}
