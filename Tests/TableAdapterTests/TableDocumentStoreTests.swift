import CutoverAzureTransport
import MigrationCore
import Testing

@testable import TableAdapter

@Suite("A document store in Table Storage")
struct TableDocumentStoreTests {
    private func store(_ tables: FakeTables) async throws -> TableDocumentStore {
        let store = try await tables.connect()
        try await store.ensureCollection(CollectionDefinition("things"))
        return store
    }

    private func key(_ id: DocumentID) -> DocumentKey { DocumentKey(collection: "things", partition: ["p"], id: id) }

    /// Loses the replies of changes, the first `count` of them, after or before they are carried out.
    private func lose(_ count: Int, of tables: FakeTables, applied: Bool) {
        let left = Locked(count)
        let answer: @Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>? = { request in
            guard request.method != .get else { return nil }
            return left.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return FakeTables.lost
            }
        }
        tables.state.withLock { if applied { $0.after = answer } else { $0.before = answer } }
    }

    @Test("an upsert whose reply was lost is found by its mark and was applied once")
    func lostUpsert() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        lose(1, of: tables, applied: true)
        let outcome = try await store.write(["n": 1], to: key("a"))
        #expect(outcome.isApplied)
        #expect(try await store.read(key("a"))?.etag == outcome.etag)
        #expect(tables.state.withLock { $0.requests.count { $0.method == .put } } == 1)
    }

    @Test("an upsert that may never have arrived is unknown, and is not sent again")
    func unknownUpsert() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        lose(1, of: tables, applied: false)
        guard case .unknown(let error) = try await store.write(["n": 1], to: key("a")) else {
            Issue.record("The outcome is unknown.")
            return
        }
        #expect(error.code == .outcomeUnknown)
        #expect(try await store.read(key("a")) == nil)
    }

    @Test("an insert and an increment whose replies were lost are applied once")
    func lostConditions() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        let posts = { tables.state.withLock { $0.requests.count { $0.method == .post } } }
        let before = posts()
        lose(1, of: tables, applied: true)
        #expect(try await store.write(["n": 1], to: key("a"), condition: .insert).isApplied)
        // Sent again, it could undo what another writer deleted meanwhile.
        #expect(posts() - before == 1)
        lose(1, of: tables, applied: true)
        #expect(try await store.patch(key("a"), [.increment("n", by: 1)]).isApplied)
        #expect(try await store.read(key("a"))?.document == ["n": 2])
    }

    @Test("a transaction whose reply was lost was applied once, with the versions that are read")
    func lostTransaction() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        _ = try await store.write(["n": 1], to: key("a"))
        lose(1, of: tables, applied: true)
        let outcome = try await store.transact([
            .patch(key("a"), [.increment("n", by: 1)]), .put(["n": 5], to: key("b"), condition: .insert),
        ])
        guard case .applied(let tags) = outcome else {
            Issue.record("The transaction is applied, not \(outcome).")
            return
        }
        #expect(try await store.readMany([key("a"), key("b")]).map { $0?.etag } == tags)
        #expect(try await store.read(key("a"))?.document == ["n": 2])
    }

    @Test("a transaction of inserts only is sent once: found when its reply was lost, and unknown when its request was")
    func lostInserts() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        let batches = {
            tables.state.withLock { $0.requests.count { $0.url.percentEncodedPath.hasSuffix("$batch") } }
        }
        let inserts: [DocumentWrite] = ["a", "b"].map { .put(["n": 1], to: key($0), condition: .insert) }
        lose(1, of: tables, applied: false)
        guard case .unknown(let error) = try await store.transact(inserts) else {
            Issue.record("The outcome is unknown.")
            return
        }
        #expect(error.code == .outcomeUnknown && error.context.store == store.id)
        // Sent again, it could undo what another writer has deleted meanwhile.
        #expect(batches() == 1)
        #expect(try await store.readMany([key("a"), key("b")]).allSatisfy { $0 == nil })
        lose(1, of: tables, applied: true)
        guard case .applied(let tags) = try await store.transact(inserts) else {
            Issue.record("The transaction is applied.")
            return
        }
        #expect(batches() == 2)
        #expect(try await store.readMany([key("a"), key("b")]).map { $0?.etag } == tags)
        // A third time they are there already.
        guard case .rejected(index: 0, .exists) = try await store.transact(inserts) else {
            Issue.record("The transaction is rejected.")
            return
        }
    }

    @Test("a transaction that may never have arrived, and met its condition no more, is unknown")
    func unknownTransaction() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        _ = try await store.write(["n": 1], to: key("a"))
        let isLost = Locked(false)
        let other = EntityChange(
            kind: .put,
            key: try EntityKey(key("a")),
            properties: EntityForm.properties(of: ["n": 7])
        )
        tables.state.withLock { state in
            state.before = { request in
                guard request.url.percentEncodedPath.hasSuffix("$batch") else { return nil }
                return isLost.withLock { isLost in
                    defer { isLost = true }
                    return isLost ? nil : FakeTables.lost
                }
            }
        }
        // Another writer comes in between the two attempts.
        let changer = Locked(false)
        tables.state.withLock { state in
            let before = state.before
            state.before = { request in
                let answer = before?(request)
                if answer != nil { changer.withLock { $0 = true } }
                return answer
            }
        }
        async let outcome = store.transact([.patch(key("a"), [.increment("n", by: 1)])])
        while !changer.withLock({ $0 }) { await Task.yield() }
        _ = try await store.perform(other, "things")
        switch try await outcome {
        case .unknown: #expect(try await store.read(key("a"))?.document == ["n": 7])
        // The second attempt may have been faster than the other writer: then both were applied, one after the other.
        case .applied: #expect(try await store.read(key("a"))?.document == ["n": 7])
        case .rejected: Issue.record("A transaction that may have been applied is never rejected.")
        }
    }

    @Test("a later write of a transaction sees an earlier one, and each entity is sent once")
    func folded() async throws {
        let store = try await store(FakeTables())
        let outcome = try await store.transact([
            .put(["n": 1], to: key("a"), condition: .insert), .patch(key("a"), [.increment("n", by: 1)]),
            .put(["n": 1], to: key("b")), .delete(key("b")), .patch(key("a"), [.increment("n", by: 1)]),
        ])
        guard case .applied(let tags) = outcome, tags.count == 5 else {
            Issue.record("The transaction is applied, not \(outcome).")
            return
        }
        #expect(try await store.read(key("a"))?.document == ["n": 3])
        #expect(try await store.read(key("a"))?.etag == tags[4])
        #expect(try await store.read(key("b")) == nil)
        #expect(Set(tags.compactMap(\.self)).count == 4)
    }

    @Test("transactions of many tasks on one entity lose nothing")
    func contended() async throws {
        let store = try await store(FakeTables())
        _ = try await store.write(["n": 0], to: key("a"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let outcome = try await store.transact([
                        .patch(key("a"), [.increment("n", by: 1)]), .put(["n": 1], to: key("t\(task)")),
                    ])
                    #expect(outcome.isApplied)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.read(key("a"))?.document == ["n": 8])
        #expect(try await store.count("things") == 9)
    }

    @Test("a text that cannot be a version is never sent")
    func impossibleTags() async throws {
        let store = try await store(FakeTables())
        _ = try await store.write(["n": 1], to: key("a"))
        for text in ["*", "\"a\"", "W/\"a\"\r\nx: \"", "W/\"a\", W/\"b\"", ""] {
            guard case .rejected(.etagMismatch) = try await store.delete(key("a"), ifMatches: ETag(text)) else {
                Issue.record("\(text) deletes nothing.")
                continue
            }
        }
    }

    @Test("pages that are empty and have a continuation are not the end")
    func emptyPages() async throws {
        let tables = FakeTables()
        let store = try await store(tables)
        for number in 0..<5 { _ = try await store.write(["n": .int32(Int32(number))], to: key("\(number)")) }
        tables.state.withLock { $0.sendsEmptyPages = true }
        #expect(try await store.count("things") == 5)
        var found = 0
        var place: Continuation?
        repeat {
            let page = try await store.scan(ScanRange("things"), after: place, pageSize: 2)
            found += page.documents.count
            place = page.continuation
        } while place != nil
        #expect(found == 5)
    }

    @Test("a table that another program filled is a collection, and what does not parse is listed by a scan")
    func foreign() async throws {
        let tables = FakeTables()
        tables.state.withLock {
            let good = EntityKey(partition: "Berlin", row: "1")
            let bad = EntityKey(partition: "Berlin", row: "2")
            let rows = [
                good: FakeTables.Row(
                    key: good,
                    body: ["PartitionKey": "Berlin", "RowKey": "1", "Name": "Ada"],
                    etag: "W/\"1\""
                ),
                bad: FakeTables.Row(
                    key: bad,
                    body: ["PartitionKey": "Berlin", "RowKey": "2", "N@odata.type": "Edm.Int64", "N": "x"],
                    etag: "W/\"2\""
                ),
            ]
            $0.tables["customers"] = (name: "Customers", rows: rows)
        }
        let store = try await tables.connect { $0.tables = ["customers": "Customers"] }
        #expect(try await store.collections() == [CollectionDefinition("customers")])
        let key = DocumentKey(collection: "customers", partition: ["Berlin"], id: "1")
        #expect(try await store.read(key)?.document == ["Name": "Ada"])
        let page = try await store.scan(ScanRange("customers"), after: nil, pageSize: 10)
        #expect(page.documents.map(\.key) == [key])
        #expect(page.unreadable.count == 1)
        #expect(try await store.write(["Name": "Grace"], to: key, condition: .ifMatches(ETag("W/\"1\""))).isApplied)
    }

    @Test("no description of a configuration shows the key")
    func secrecy() throws {
        let configuration = try TableConfiguration(connectionString: "UseDevelopmentStorage=true")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("Eby8vdM02"))
        }
    }
}
