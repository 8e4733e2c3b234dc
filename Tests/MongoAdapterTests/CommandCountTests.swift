import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("How many commands MongoDB gets", .timeLimit(.minutes(5)), .needsMongod)
struct CommandCountTests {
    private static let count = 60

    private func key(_ number: Int) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(.string("thing-\(number)")))
    }

    /// Runs a body with a store of 60 documents and their tags, on a server of its own, whose counters nobody else moves.
    private func withServer(_ body: (MongoDocumentStore, [ETag], MongoConnection) async throws -> Void) async throws {
        let server = try await MongodServer.start()
        defer { server.removeData() }
        let connection = try await MongoConnection.open(server.uri())
        let store = try await MongoDocumentStore.open("mongo", on: connection, database: "shop")
        let inserts = try (0..<Self.count).map {
            DocumentWrite.put(["by": "nobody"], to: try key($0), condition: .insert)
        }
        let tags = try await store.writeBatch(inserts, order: .unordered).map { try #require($0.etag) }
        try await body(store, tags, connection)
        await connection.close()
    }

    /// How often the server got a command so far.
    private func count(of command: String, on connection: MongoConnection) async throws -> Int64 {
        let status = try await connection.lanes.run { (client) throws(StoreError) in
            try client.command(["serverStatus": 1], on: "admin", .plain)
        }
        guard case .int64(let count)? = status[path: FieldPath("metrics.commands.\(command).total")] else {
            throw StoreError(.internalInconsistency, "The server does not count \(command).")
        }
        return count
    }

    @Test("conditional replacements of a batch come together and not one by one, also when some are refused")
    func replacements() async throws {
        try await withServer { store, tags, connection in
            _ = try await store.delete(try key(3))
            let before = try await count(of: "update", on: connection)
            let writes = try tags.enumerated().map { number, tag in
                DocumentWrite.put(["by": "bulk"], to: try key(number), condition: .ifMatches(tag))
            }
            let outcomes = try await store.writeBatch(writes, order: .unordered)
            #expect(outcomes.filter(\.isApplied).count == Self.count - 1)
            // The server itself updates what it keeps about sessions now and then.
            #expect(try await count(of: "update", on: connection) - before < 10)
        }
    }

    @Test("inserts of a batch are one command, of which the first one of a key is applied")
    func inserts() async throws {
        try await withServer { store, _, connection in
            let before = try await count(of: "insert", on: connection)
            let writes = try (0..<40).map { number in
                DocumentWrite.put(["by": .int32(Int32(number))], to: try key(100 + number / 2), condition: .insert)
            }
            let outcomes = try await store.writeBatch(writes, order: .unordered)
            // The server itself inserts what it keeps about sessions now and then.
            #expect(try await count(of: "insert", on: connection) - before < 10)
            for (number, outcome) in outcomes.enumerated() {
                if number % 2 == 0 {
                    let stored = try #require(try await store.read(try key(100 + number / 2)))
                    #expect(stored.etag == outcome.etag && stored.document["by"] == .int32(Int32(number)))
                } else {
                    guard case .exists? = outcome.rejection else {
                        Issue.record("The second insert of a key was not refused: \(outcome)")
                        continue
                    }
                }
            }
            let ordered = try [200, 200, 201].map {
                DocumentWrite.put(["by": "order"], to: try key($0), condition: .insert)
            }
            let ends = try await store.writeBatch(ordered, order: .ordered)
            #expect(ends.map(\.isApplied) == [true, false, false])
            #expect(try await store.readMany([try key(200), try key(201)]).map { $0 == nil } == [false, true])
        }
    }

    @Test("the pages of a scan leave no cursor that has to be read on or to be ended")
    func pages() async throws {
        try await withServer { store, _, connection in
            let pagesBefore = try await count(of: "getMore", on: connection)
            let endsBefore = try await count(of: "killCursors", on: connection)
            for size in [1, 7, Self.count - 1, Self.count, Self.count + 1] {
                var found = 0
                var place: Continuation?
                repeat {
                    let page = try await store.scan(ScanRange("things"), after: place, pageSize: size)
                    found += page.documents.count
                    place = page.continuation
                } while place != nil
                #expect(found == Self.count)
            }
            #expect(try await count(of: "getMore", on: connection) == pagesBefore)
            #expect(try await count(of: "killCursors", on: connection) == endsBefore)
        }
    }

    @Test("a read by key commits, so that the server proves that it is the primary")
    func decidingReads() async throws {
        try await withServer { store, _, connection in
            let before = try await count(of: "commitTransaction", on: connection)
            for number in 0..<5 { #expect(try await store.read(try key(number)) != nil) }
            #expect(try await count(of: "commitTransaction", on: connection) == before + 5)
        }
    }
}
