import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

@Suite("A change stream across the end of its server", .timeLimit(.minutes(5)), .needsMongod)
struct FeedRestartTests {
    private static let count: Int32 = 40

    @Test("is followed from its continuation, also by a caller that waits for it, and nothing is missed")
    func restart() async throws {
        let server = try await MongodServer.start()
        defer { server.removeData() }
        let connection = try await MongoConnection.open(server.uri())
        let store = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
        try await store.ensureCollection(CollectionDefinition("things"))
        let start = try await store.currentContinuation(in: "things")
        async let seen = follow(store, after: start)
        for number in 0..<Self.count {
            // In the middle the server is killed and started again, while the feed is waited for.
            if number == Self.count / 2 { try await server.restart() }
            while try await !write(number, to: store) { try await Task.sleep(for: .milliseconds(50)) }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await seen == Array(0..<Self.count))
        await connection.close()
    }

    /// One attempt; `false` when it has to be made again.
    private func write(_ number: Int32, to store: MongoDocumentStore) async throws -> Bool {
        let key = DocumentKey(collection: "things", id: try DocumentID(.int32(number)))
        do throws(StoreError) {
            return try await store.write(["n": .int32(number)], to: key, condition: .upsert).isApplied
        } catch {
            guard error.code.isRetryable else { throw error }
            return false
        }
    }

    /// The ids in the order of the feed, until the last one; what is delivered again counts once.
    private func follow(_ store: MongoDocumentStore, after start: Continuation) async throws -> [Int32] {
        var place = start
        var ids: [Int32] = []
        while ids.last != Self.count - 1 {
            guard let page = try await page(of: store, after: place) else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            for change in page.changes {
                if case .int32(let id) = change.key?.id.value, !ids.contains(id) { ids.append(id) }
            }
            place = page.continuation
        }
        return ids
    }

    private func page(of store: MongoDocumentStore, after place: Continuation) async throws(StoreError) -> ChangePage? {
        do throws(StoreError) {
            return try await store.changes(in: "things", from: .after(place), limit: 7, waitingUpTo: .seconds(2))
        } catch {
            guard error.code.isRetryable else { throw error }
            return nil
        }
    }
}
