import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Readers of ranges in MongoDB", .timeLimit(.minutes(5)), .needsMongod)
struct RangeReaderTests {
    private static let count = 300

    /// Runs a body with a store of 300 documents, on a server of its own, whose cursors nobody else opens.
    private func withServer(_ body: (MongoDocumentStore, MongoConnection) async throws -> Void) async throws {
        let server = try await MongodServer.start()
        defer { server.removeData() }
        let connection = try await MongoConnection.open(server.uri())
        let store = try await MongoDocumentStore.open("mongo", on: connection, database: "shop")
        let inserts = try (0..<Self.count).map {
            DocumentWrite.put(["by": "nobody"], to: try Self.key($0), condition: .insert)
        }
        #expect(try await store.writeBatch(inserts, order: .unordered).allSatisfy(\.isApplied))
        try await body(store, connection)
        await connection.close()
    }

    private static func key(_ number: Int) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(.string("thing-\(1_000 + number)")))
    }

    private func run(_ command: Document, on connection: MongoConnection) async throws -> Document {
        try await connection.lanes.run { (client) throws(StoreError) in
            try client.command(command, on: "admin", .plain)
        }
    }

    /// How many cursors the server has open.
    private func openCursors(on connection: MongoConnection) async throws -> Int64 {
        let status = try await run(["serverStatus": 1], on: connection)
        guard case .int64(let count)? = status[path: "metrics.cursor.open.total"] else {
            throw StoreError(.internalInconsistency, "The server does not count its cursors.")
        }
        return count
    }

    @Test("a cursor that the server has ended is replaced by another one, and no document is missing or there twice")
    func lostCursor() async throws {
        try await withServer { store, connection in
            let reader = try store.reader(of: ScanRange("things"), after: nil)
            var keys: [DocumentKey] = []
            var isOver = false
            while !isOver {
                let page = try await reader.next(pageSize: 20)
                keys += page.documents.map(\.key)
                isOver = page.continuation == nil
                // Every cursor belongs to a session.
                _ = try await run(["killAllSessions": []], on: connection)
            }
            #expect(keys == (try (0..<Self.count).map { try Self.key($0) }))
        }
    }

    @Test("readers that nobody reads to the end leave no cursor behind")
    func abandoned() async throws {
        try await withServer { store, connection in
            let before = try await openCursors(on: connection)
            for _ in 0..<20 {
                let reader = try store.reader(of: ScanRange("things"), after: nil)
                #expect(try await reader.next(pageSize: 10).documents.count == 10)
            }
            // They end on their lanes, after the readers are gone.
            var left = try await openCursors(on: connection)
            for _ in 0..<200 where left > before {
                try await Task.sleep(for: .milliseconds(10))
                left = try await openCursors(on: connection)
            }
            #expect(left <= before)
        }
    }

    @Test("what is deleted far behind the page that was given is not given any more")
    func age() async throws {
        try await withServer { store, _ in
            let reader = try store.reader(of: ScanRange("things"), after: nil)
            #expect(try await reader.next(pageSize: 100).documents.count == 100)
            // Behind what can have been read ahead.
            #expect(try await store.delete(try Self.key(250)).isApplied)
            var keys: [DocumentKey] = []
            var isOver = false
            while !isOver {
                let page = try await reader.next(pageSize: 100)
                keys += page.documents.map(\.key)
                isOver = page.continuation == nil
            }
            #expect(keys.count == 199)
            #expect(!keys.contains(try Self.key(250)))
        }
    }

    @Test("pages of changing sizes follow one another without a gap or a repeat")
    func pageSizes() async throws {
        try await withServer { store, _ in
            let reader = try store.reader(of: ScanRange("things"), after: nil)
            var sizes = [100, 30, 7, 90, 1, 1, 50].makeIterator()
            var keys: [DocumentKey] = []
            var isOver = false
            while !isOver {
                let size = sizes.next() ?? 13
                let page = try await reader.next(pageSize: size)
                #expect(page.documents.count <= size)
                keys += page.documents.map(\.key)
                isOver = page.continuation == nil
            }
            #expect(keys == (try (0..<Self.count).map { try Self.key($0) }))
        }
    }

    /// Documents of so many bytes and a little more, under numbers, one by one: few of them fit into a command.
    private func insert(_ count: Int, of bytes: Int, into store: MongoDocumentStore) async throws {
        let text = Value.string(String(repeating: "x", count: bytes))
        for number in 0..<count {
            let key = DocumentKey(collection: "large", id: try DocumentID(.int32(Int32(number))))
            #expect(try await store.write(.put(["text": text], to: key, condition: .insert)).isApplied)
        }
    }

    @Test("documents that do not fit into one reply come in several pages")
    func largeDocuments() async throws {
        try await withServer { store, _ in
            try await insert(20, of: 1_000_000, into: store)
            let reader = try store.reader(of: ScanRange("large"), after: nil)
            var ids: [Value] = []
            var pages = 0
            var isOver = false
            while !isOver {
                let page = try await reader.next(pageSize: 100)
                ids += page.documents.map(\.key.id.value)
                pages += 1
                isOver = page.continuation == nil
            }
            let all = (0..<20).map { Value.int32(Int32($0)) }
            #expect(ids == all)
            #expect(pages > 1)
        }
    }

    @Test("a page of a scan goes on behind a document that fills a reply by itself")
    func scanBehindLargeDocument() async throws {
        try await withServer { store, _ in
            try await insert(3, of: 9_000_000, into: store)
            var ids: [[Value]] = []
            var continuation: Continuation?
            repeat {
                let page = try await store.scan(ScanRange("large"), after: continuation, pageSize: 10)
                ids.append(page.documents.map(\.key.id.value))
                continuation = page.continuation
            } while continuation != nil
            #expect(ids == [[.int32(0)], [.int32(1)], [.int32(2)]])
        }
    }

    @Test("the greatest key of all is read last, also by a reader that begins behind another one")
    func greatestKey() async throws {
        try await withServer { store, connection in
            let insert: Document = ["insert": "things", "documents": [.document(["_id": .maxKey])]]
            _ = try await connection.lanes.run { (client) throws(StoreError) in
                try client.command(insert, on: "shop", .plain)
            }
            let first = try await store.reader(of: ScanRange("things"), after: nil).next(pageSize: 200)
            let reader = try store.reader(of: ScanRange("things"), after: first.continuation)
            var ids = first.documents.map(\.key.id.value)
            var isOver = false
            while !isOver {
                let page = try await reader.next(pageSize: 40)
                ids += page.documents.map(\.key.id.value)
                isOver = page.continuation == nil
            }
            #expect(ids.count == Self.count + 1)
            #expect(ids.last == .maxKey)
        }
    }

    @Test("a reader goes on after a call that was cancelled, without a gap or a repeat")
    func cancelled() async throws {
        try await withServer { store, _ in
            let reader = try store.reader(of: ScanRange("things"), after: nil)
            var keys: [DocumentKey] = []
            var isOver = false
            var round = 0
            while !isOver {
                round += 1
                let task = Task {
                    do throws(StoreError) {
                        return Result<ScanPage, StoreError>.success(try await reader.next(pageSize: 30))
                    } catch {
                        return .failure(error)
                    }
                }
                if round % 2 == 1 {
                    try await Task.sleep(for: .microseconds(round * 100))
                    task.cancel()
                }
                switch await task.value {
                case .success(let page):
                    keys += page.documents.map(\.key)
                    isOver = page.continuation == nil
                case .failure(let error): #expect(error.code == .cancelled)
                }
            }
            #expect(keys == (try (0..<Self.count).map { try Self.key($0) }))
        }
    }
}
