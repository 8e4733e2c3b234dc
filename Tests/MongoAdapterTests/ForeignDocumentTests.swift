import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Documents of other programs in MongoDB", .timeLimit(.minutes(5)), .needsMongod, .mongod)
struct ForeignDocumentTests {
    private let database = MongodServer.databaseName()

    /// Runs a body with a store in a fresh database, which is removed afterwards.
    private func withStore(_ body: (MongoDocumentStore) async throws -> Void) async throws {
        let store = try await TestBed.documents(in: database)
        do {
            try await body(store)
        } catch {
            await TestBed.drop(database)
            throw error
        }
        await TestBed.drop(database)
    }

    /// Runs a command as another program would.
    private func run(_ command: Document) async throws -> Document {
        let database = database
        return try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.command(command, on: database, .plain)
        }
    }

    private func insert(_ documents: Document...) async throws {
        _ = try await run(["insert": "things", "documents": .array(documents.map(Value.document))])
    }

    private func key(_ id: Value) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(id))
    }

    private static let ids: [Value] = [
        "text", "5f4300010203040506070809", .objectID(ObjectID("5f4300010203040506070809")!), .int32(7), .int64(8),
        .double(9), .double(1.5), .bool(true), .null, .date(WallTime(millisecondsSinceEpoch: 7)), .minKey, .maxKey,
        .binary(Binary(bytes: [1, 2])), .timestamp(BSONTimestamp(seconds: 1, increment: 2)),
        .document(["a": 1, "b": "c"]),
        .symbol("symbol"), .javaScript("f()"),
    ]

    @Test(
        "an _id of any type that another program wrote is found, scanned, replaced in its place and deleted",
        arguments: ids
    )
    func anyID(_ id: Value) async throws {
        try await withStore { store in
            let body = Document(uniqueFields: [("_id", id), ("n", 1)])
            try await insert(body)
            let stored = try #require(try await store.read(try key(id)))
            #expect(stored.document.bson == body.bson)
            let page = try await store.scan(ScanRange("things"), after: nil, pageSize: 10)
            #expect(page.documents.map(\.key) == [try key(id)])
            let changed = Document(uniqueFields: [("_id", id), ("n", 2)])
            let outcome = try await store.write(changed, to: try key(id), condition: .ifMatches(stored.etag))
            #expect(outcome.isApplied)
            // Still where the other program looks for it.
            let found = try await run(["find": "things", "filter": ["_id": ["$eq": id]]])
            #expect(found[path: "cursor.firstBatch.0.n"] == .int32(2))
            #expect(try await store.delete(try key(id)).isApplied)
            #expect(try await store.count("things") == 0)
        }
    }

    @Test(
        "ranges over ids of every type hold each document once, however many workers share them",
        arguments: [1, 2, 5, 40]
    )
    func ranges(_ count: Int) async throws {
        try await withStore { store in
            for id in Self.ids { try await insert(Document(uniqueFields: [("_id", id)])) }
            let ranges = try await store.scanRanges(of: "things", maximumCount: count)
            #expect((1...count).contains(ranges.count))
            let keys = try await withThrowingTaskGroup(of: [DocumentKey].self) { group in
                for range in ranges {
                    group.addTask {
                        var keys: [DocumentKey] = []
                        var place: Continuation?
                        repeat {
                            let page = try await store.scan(range, after: place, pageSize: 2)
                            keys += page.documents.map(\.key)
                            place = page.continuation
                        } while place != nil
                        return keys
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(keys.count == Self.ids.count)
            let missing = try Self.ids.filter { !keys.contains(try key($0)) }
            #expect(missing.isEmpty)
        }
    }

    @Test("two ids that MongoDB takes for one are two documents, in whichever order they come")
    func siblings() async throws {
        try await withStore { store in
            for (first, second) in [(Value.int32(7), Value.int64(7)), (.double(8), .int32(8)), (.symbol("s"), "s")] {
                for (id, number) in [(first, 1), (second, 2)] {
                    let outcome = try await store.write(
                        ["n": .int32(Int32(number))],
                        to: try key(id),
                        condition: .insert
                    )
                    #expect(outcome.isApplied)
                }
                #expect(try await store.read(try key(first))?.document == ["n": 1])
                #expect(try await store.read(try key(second))?.document == ["n": 2])
                let again = try await store.write(["n": 3], to: try key(second), condition: .insert)
                #expect(!again.isApplied)
                #expect(try await store.delete(try key(first)).isApplied)
                #expect(try await store.read(try key(second))?.document == ["n": 2])
                #expect(try await store.delete(try key(second)).isApplied)
            }
        }
    }

    @Test("a tag of content holds until another program changes the content, and is a version after the first write")
    func contentTags() async throws {
        try await withStore { store in
            try await insert(["_id": "a", "n": 1])
            let first = try #require(try await store.read(try key("a")))
            _ = try await run([
                "update": "things", "updates": [["q": ["_id": "a"], "u": ["$set": ["n": .int64(1)]]]],
            ])
            let refused = try await store.write(["n": 2], to: try key("a"), condition: .ifMatches(first.etag))
            #expect(!refused.isApplied)
            let second = try #require(try await store.read(try key("a")))
            #expect(second.etag != first.etag)
            let outcome = try await store.write(["n": 2], to: try key("a"), condition: .ifMatches(second.etag))
            #expect(try await store.read(try key("a"))?.etag == outcome.etag)
            // What the documentation asks of other programs.
            _ = try await run([
                "update": "things",
                "updates": [["q": ["_id": "a"], "u": ["$set": ["n": 5], "$unset": ["_cutover": ""]]]],
            ])
            let late = try await store.write(
                ["n": 3],
                to: try key("a"),
                condition: .ifMatches(try #require(outcome.etag))
            )
            #expect(!late.isApplied)
        }
    }

    @Test("a unique index of another program refuses what breaks it by the index's name, whatever the write is")
    func uniqueIndex() async throws {
        try await withStore { store in
            _ = try await run([
                "createIndexes": "things", "indexes": [["name": "byMail", "key": ["mail": 1], "unique": true]],
            ])
            for (id, mail) in [("a", "a@example"), ("b", "b@example")] {
                let outcome = try await store.write(["mail": .string(mail)], to: try key(.string(id)))
                #expect(outcome.isApplied)
            }
            let tag = try #require(try await store.read(try key("b"))?.etag)
            let body: Document = ["mail": "a@example"]
            let breaking: [DocumentWrite] = [
                .put(body, to: try key("c"), condition: .insert), .put(body, to: try key("c"), condition: .upsert),
                .put(body, to: try key(.int32(7)), condition: .insert),
                .put(body, to: try key("b"), condition: .replace),
                .put(body, to: try key("b"), condition: .ifMatches(tag)),
                .patch(try key("b"), [.set("mail", "a@example")]),
            ]
            for write in breaking {
                let outcome = try await store.write(write)
                guard case .rejected(.uniqueIndex("byMail")) = outcome else {
                    Issue.record("\(write.action): \(outcome)")
                    continue
                }
                let fitting = DocumentWrite.put(["mail": "d@example"], to: try key("d"), condition: .upsert)
                let batch = try await store.writeBatch([fitting, write, fitting], order: .unordered)
                #expect(batch.map(\.isApplied) == [true, false, true])
                guard case .rejected(.uniqueIndex("byMail")) = batch[1] else {
                    Issue.record("\(write.action) in a batch: \(batch[1])")
                    continue
                }
                let behind = DocumentWrite.put(["mail": "e@example"], to: try key("e"), condition: .upsert)
                let ordered = try await store.writeBatch([fitting, write, behind], order: .ordered)
                #expect(ordered.map(\.isApplied) == [true, false, false])
                #expect(try await store.read(try key("e")) == nil, "\(write.action)")
                _ = try await store.delete(try key("d"))
                guard case .rejected(index: 1, .uniqueIndex("byMail")) = try await store.transact([fitting, write])
                else {
                    Issue.record("\(write.action) in a transaction")
                    continue
                }
                #expect(try await store.read(try key("d")) == nil)
            }
            // A place that is taken is another matter than a value.
            let taken = try await store.write(["mail": "a@example"], to: try key("a"), condition: .insert)
            guard case .rejected(.exists) = taken else {
                Issue.record("\(taken)")
                return
            }
            #expect(try await store.count("things") == 2)
        }
    }

    @Test("the feed shows what other programs write and delete")
    func feed() async throws {
        try await withStore { store in
            let start = try await store.currentContinuation(in: "things")
            try await insert(["_id": .int64(1), "n": 1], ["_id": "b", "n": 2])
            _ = try await run(["update": "things", "updates": [["q": ["_id": "b"], "u": ["$inc": ["n": 1]]]]])
            _ = try await run(["delete": "things", "deletes": [["q": ["_id": .int64(1)], "limit": 1]]])
            let page = try await store.changes(in: "things", from: .after(start), limit: 10, waitingUpTo: .seconds(5))
            let last = try #require(page.changes.last)
            #expect(last.key == (try key(.int64(1))))
            if case .deleted = last.kind {} else { Issue.record("the delete comes last") }
            let written = page.changes.compactMap { change -> Document? in
                if case .written(let stored) = change.kind, change.key?.id.value == "b" { stored.document } else { nil }
            }
            #expect(written.last == ["_id": "b", "n": 3])
        }
    }

    @Test("the feed begins at an operation time, with the change that the server made then")
    func operationTime() async throws {
        try await withStore { store in
            try await insert(["_id": "before", "n": 1])
            let reply = try await run(["insert": "things", "documents": [["_id": "a", "n": 1]]])
            guard case .timestamp(let time)? = reply["operationTime"] else {
                Issue.record("no operation time")
                return
            }
            try await insert(["_id": "b", "n": 2])
            var place = try store.continuation(from: time, in: "things")
            var keys: [DocumentKey?] = []
            while keys.count < 2 {
                // As after a restart: what is kept is the text.
                let kept = Continuation(text: place.text)
                let page = try await store.changes(in: "things", from: .after(kept), limit: 1, waitingUpTo: .seconds(5))
                keys += page.changes.map(\.key)
                place = page.continuation
            }
            #expect(keys == [try key("a"), try key("b")])
        }
    }

    @Test("the server holds the unique indexes that make a wrong log impossible")
    func indexes() async throws {
        let store = try await TestBed.events(in: database)
        try await store.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
        let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
        _ = try await store.unrouted().append([event], to: "s", tenant: "acme")
        for (position, version, id) in [(1, 2, EventID()), (2, 1, EventID()), (2, 2, event.id)] {
            let reply = try await run([
                "insert": "cutover.events",
                "documents": [
                    [
                        "_id": ["tenant": "acme", "position": .int64(Int64(position))],
                        "event": [
                            "stream": "s", "version": .int64(Int64(version)),
                            "id": .binary(Binary(subtype: 4, bytes: id.bytes)),
                        ],
                    ]
                ],
            ])
            #expect(reply[path: "writeErrors.0.code"] == .int32(11_000))
        }
        await TestBed.drop(database)
    }

    @Test("a page of many documents, some unreadable, is whole and in order, wherever the server's batches end")
    func pagesOfSeveralBatches() async throws {
        try await withStore { store in
            var wanted: [String] = []
            for start in stride(from: 0, to: 700, by: 100) {
                var documents: [Value] = []
                for number in start..<(start + 100) {
                    let id = "id \(1_000 + number)"
                    wanted.append(id)
                    let body = Document(uniqueFields: [("_id", .string(id)), ("n", .int32(Int32(number)))])
                    documents.append(.document(number % 63 == 0 ? body.withInvalidText : body))
                }
                _ = try await run(["insert": "things", "documents": .array(documents)])
            }
            for size in [62, 63, 64, 251, 500, 699, 700, 701] {
                var found: [String] = []
                var unreadable = 0
                var place: Continuation?
                var pages = 0
                repeat {
                    let page = try await store.scan(ScanRange("things"), after: place, pageSize: size)
                    found += (page.documents.map(\.key) + page.unreadable.compactMap(\.key)).map(\.id.text).sorted()
                    unreadable += page.unreadable.count
                    place = page.continuation
                    pages += 1
                } while place != nil
                #expect(found == wanted)
                #expect(unreadable == 12)
                #expect(pages == (700 + size - 1) / size)
            }
        }
    }

    @Test("a page of which no `_id` can be read is an error, and not the end of the scan")
    func placeless() async throws {
        try await withStore { store in
            // In front of all others, and not UTF-8.
            let lost = Document(uniqueFields: [("_id", .string("!?"))]).withInvalidText(atEnd: 3)
            try await insert(lost, ["_id": "b"], ["_id": "c"])
            let error = await #expect(throws: StoreError.self) {
                try await store.scan(ScanRange("things"), after: nil, pageSize: 1)
            }
            #expect(error?.code == .corrupt)
            let reader = try store.reader(of: ScanRange("things"), after: nil)
            let failure = await #expect(throws: StoreError.self) { try await reader.next(pageSize: 1) }
            #expect(failure?.code == .corrupt)
            // Beside others it is told of.
            let page = try await store.scan(ScanRange("things"), after: nil, pageSize: 2)
            #expect(page.unreadable.count == 1 && page.documents.count == 1)
            let rest = try await store.scan(ScanRange("things"), after: page.continuation, pageSize: 2)
            #expect(rest.documents.count == 1)
        }
    }

    @Test("a task that is cancelled while it scans is told so, and the store stays usable")
    func cancelledScan() async throws {
        try await withStore { store in
            for start in stride(from: 0, to: 2_000, by: 500) {
                let documents = (start..<(start + 500)).map { Value.document(["_id": .int32(Int32($0))]) }
                _ = try await run(["insert": "things", "documents": .array(documents)])
            }
            for delay in stride(from: 0, to: 4_000, by: 400) {
                let scan = Task {
                    do throws(StoreError) {
                        return try await store.scan(ScanRange("things"), after: nil, pageSize: 2_000).documents.count
                    } catch {
                        return error.code == .cancelled ? -1 : -2
                    }
                }
                try await Task.sleep(for: .microseconds(delay))
                scan.cancel()
                // All or nothing: never a page that lacks what was not decoded any more.
                #expect([2_000, -1].contains(await scan.value))
            }
            #expect(try await store.scan(ScanRange("things"), after: nil, pageSize: 2_000).documents.count == 2_000)
        }
    }
}

extension Document {
    /// The same with a last field whose text is not UTF-8, as another program may write it.
    fileprivate var withInvalidText: Document {
        var changed = self
        changed.append("text", "?")
        return changed.withInvalidText(atEnd: 3)
    }

    /// The same with one byte, so far from its end, that no UTF-8 has.
    fileprivate func withInvalidText(atEnd distance: Int) -> Document {
        var bytes = bson
        bytes[bytes.count - distance] = 0xFF
        return Document(validatedBSON: bytes)
    }
}
