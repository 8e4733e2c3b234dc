import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Conditional replacements in bulk", .timeLimit(.minutes(5)), .needsMongod, .mongod)
struct BulkReplacementTests {
    private static let count = 60
    private let database = MongodServer.databaseName()

    private func key(_ number: Int) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(.string("thing-\(number)")))
    }

    /// Runs a body with a store in a fresh database that holds documents 0 to 59, and their tags.
    private func withStore(_ body: (MongoDocumentStore, [ETag]) async throws -> Void) async throws {
        let store = try await TestBed.documents(in: database)
        do {
            let writes = try (0..<Self.count).map {
                DocumentWrite.put(["n": .int32(Int32($0)), "by": "nobody"], to: try key($0), condition: .insert)
            }
            try await body(store, try await store.writeBatch(writes, order: .unordered).map { try #require($0.etag) })
        } catch {
            await TestBed.drop(database)
            throw error
        }
        await TestBed.drop(database)
    }

    private func replacements(_ tags: [ETag], by name: String) throws -> [DocumentWrite] {
        try tags.enumerated().map { number, tag in
            .put(
                ["n": .int32(Int32(number)), "by": .string(name)],
                to: try key(number),
                condition: .ifMatches(tag)
            )
        }
    }

    private func run(_ command: Document) async throws -> Document {
        let database = database
        return try await TestBed.connection().lanes.run { (client) throws(StoreError) in
            try client.command(command, on: database, .plain)
        }
    }

    @Test("each condition decides about its own document, and each refusal says why")
    func unordered() async throws {
        try await withStore { store, tags in
            // Every third one has changed since, every seventh is gone.
            for number in stride(from: 0, to: Self.count, by: 3) {
                let write = DocumentWrite.put(["by": "other"], to: try key(number), condition: .upsert)
                #expect(try await store.write(write).isApplied)
            }
            for number in stride(from: 0, to: Self.count, by: 7) { _ = try await store.delete(try key(number)) }
            let outcomes = try await store.writeBatch(try replacements(tags, by: "bulk"), order: .unordered)
            #expect(outcomes.count == Self.count)
            for (number, outcome) in outcomes.enumerated() {
                let stored = try await store.read(try key(number))
                switch outcome {
                case .applied(let tag):
                    #expect(number % 3 != 0 && number % 7 != 0)
                    #expect(stored?.document["by"] == "bulk" && stored?.etag == tag)
                case .rejected(.notFound): #expect(number % 7 == 0 && stored == nil)
                case .rejected(.etagMismatch(let current)):
                    #expect(number % 3 == 0 && number % 7 != 0)
                    #expect(stored?.document["by"] == "other" && stored?.etag == current)
                default: Issue.record("\(number): \(outcome)")
                }
            }
        }
    }

    @Test("documents that have to be there are replaced, others are not created")
    func replaceExisting() async throws {
        try await withStore { store, _ in
            let writes = try (Self.count - 5..<Self.count + 5).map {
                DocumentWrite.put(["by": "bulk"], to: try key($0), condition: .replace)
            }
            let outcomes = try await store.writeBatch(writes, order: .unordered)
            #expect(outcomes.map(\.isApplied) == Array(repeating: true, count: 5) + Array(repeating: false, count: 5))
            #expect(try await store.count("things") == Self.count)
        }
    }

    @Test("behind the first refusal of an ordered batch nothing is applied", arguments: [0, 1, 30, 59])
    func ordered(_ stale: Int) async throws {
        try await withStore { store, tags in
            let other = DocumentWrite.put(["by": "other"], to: try key(stale), condition: .upsert)
            #expect(try await store.write(other).isApplied)
            let outcomes = try await store.writeBatch(try replacements(tags, by: "bulk"), order: .ordered)
            for (number, outcome) in outcomes.enumerated() {
                let by = try await store.read(try key(number))?.document["by"]
                switch outcome {
                case .applied: #expect(number < stale && by == "bulk")
                case .rejected(.etagMismatch): #expect(number == stale && by == "other")
                case .rejected(.skipped): #expect(number > stale && by == "nobody")
                default: Issue.record("\(number): \(outcome)")
                }
            }
        }
    }

    @Test("of writers that hold the same tags exactly one replaces each document")
    func rivals() async throws {
        try await withStore { store, tags in
            let names = ["a", "b", "c", "d"]
            let wins = try await withThrowingTaskGroup(of: (String, [Bool]).self) { group in
                for name in names {
                    // Half of them from the other end, so that they meet in the middle.
                    let writes = try replacements(tags, by: name)
                    let isReversed = name == "b" || name == "d"
                    group.addTask {
                        let outcomes = try await store.writeBatch(
                            isReversed ? writes.reversed() : writes,
                            order: .unordered
                        )
                        for outcome in outcomes {
                            if case .unknown(let error) = outcome { throw error }
                        }
                        let applied = outcomes.map(\.isApplied)
                        return (name, isReversed ? applied.reversed() : applied)
                    }
                }
                return try await group.reduce(into: [String: [Bool]]()) { $0[$1.0] = $1.1 }
            }
            for number in 0..<Self.count {
                let winners = names.filter { wins[$0]?[number] == true }
                #expect(winners.count == 1)
                #expect(try await store.read(try key(number))?.document["by"] == winners.first.map { .string($0) })
            }
        }
    }

    @Test("one that a unique index of another program refuses leaves the others alone")
    func uniqueIndex() async throws {
        try await withStore { store, tags in
            _ = try await run([
                "createIndexes": "things", "indexes": [["name": "byNumber", "key": ["n": 1], "unique": true]],
            ])
            var writes = try replacements(tags, by: "bulk")
            writes[10] = .put(["n": 11, "by": "bulk"], to: try key(10), condition: .ifMatches(tags[10]))
            let outcomes = try await store.writeBatch(writes, order: .unordered)
            #expect(outcomes.indices.filter { !outcomes[$0].isApplied } == [10])
            guard case .rejected(.uniqueIndex("byNumber")) = outcomes[10] else {
                Issue.record("\(outcomes[10])")
                return
            }
            #expect(try await store.read(try key(10))?.document["by"] == "nobody")
        }
    }

    @Test("documents that are larger together than a command may be are written all the same")
    func largeDocuments() async throws {
        try await withStore { store, _ in
            let large = Value.binary(Binary(bytes: [UInt8](repeating: 7, count: 9 << 20)))
            let keys = try (0..<3).map { DocumentKey(collection: "large", id: try DocumentID(.int32($0))) }
            let inserts = keys.map { DocumentWrite.put(["data": large], to: $0, condition: .insert) }
            let tags = try await store.writeBatch(inserts, order: .unordered).map { try #require($0.etag) }
            let writes = zip(keys, tags).map {
                DocumentWrite.put(["data": large, "again": true], to: $0, condition: .ifMatches($1))
            }
            #expect(try await store.writeBatch(writes, order: .unordered).filter(\.isApplied).count == 3)
            for key in keys { #expect(try await store.read(key)?.document["again"] == true) }
        }
    }
}
