import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("A change stream whose place has left the oplog", .timeLimit(.minutes(5)), .needsMongod)
struct TruncatedOplogTests {
    @Test("ends with feedHistoryLost, and is read from the beginning again")
    func truncation() async throws {
        let server = try await MongodServer.start(options: ["--syncdelay", "1"], oplogMegabytes: 10)
        defer { server.removeData() }
        let connection = try await MongoConnection.open(server.uri())
        let store = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
        let key = DocumentKey(collection: "things", id: "a")
        #expect(try await store.write(["n": 1], to: key, condition: .insert).isApplied)
        let place = try await store.currentContinuation(in: "things")
        let time = try await operationTime(on: connection)
        #expect(try await store.write(["n": 2], to: key, condition: .replace).isApplied)
        // Both reach back to before the second write as long as the oplog does.
        for start in [place, try store.continuation(from: time, in: "things")] {
            let page = try await store.changes(in: "things", from: .after(start), limit: 9, waitingUpTo: .seconds(30))
            #expect(page.changes.last?.key == key)
        }

        // 200 MB at most: the server cuts the oplog in pieces, a moment after it has outgrown its size and a checkpoint is made.
        let filler: Document = ["text": .string(String(repeating: "x", count: 1 << 20))]
        var lost: StoreError?
        for number in 0..<200 where lost == nil {
            let other = DocumentKey(collection: "filler", id: try DocumentID(.int32(Int32(number))))
            _ = try await store.write(filler, to: other, condition: .upsert)
            guard number >= 20, number.isMultiple(of: 5) else { continue }
            lost = await loss(of: store, after: place)
        }
        #expect(lost?.code == .feedHistoryLost)
        #expect(lost?.code.isRetryable == false)
        #expect(lost?.message.contains("begin again with a scan") == true)
        let byTime = await loss(of: store, after: try store.continuation(from: time, in: "things"))
        #expect(byTime?.code == .feedHistoryLost)

        // What the message says: the documents that are there, and from then on what happens to them.
        let page = try await store.changes(in: "things", from: .beginning, limit: 9, waitingUpTo: .zero)
        #expect(page.changes.map(\.key) == [key])
        #expect(try await store.write(["n": 3], to: key, condition: .replace).isApplied)
        let next = try await store.changes(
            in: "things",
            from: .after(page.continuation),
            limit: 9,
            waitingUpTo: .seconds(30)
        )
        guard case .written(let stored)? = next.changes.last?.kind else {
            Issue.record("The write after the scan is not in the feed.")
            return
        }
        #expect(stored.document["n"] == 3)
        await connection.close()
    }

    /// What a look at the feed throws, if it does.
    private func loss(of store: MongoDocumentStore, after place: Continuation) async -> StoreError? {
        do throws(StoreError) {
            _ = try await store.changes(in: "things", from: .after(place), limit: 9, waitingUpTo: .zero)
            return nil
        } catch {
            return error
        }
    }

    private func operationTime(on connection: MongoConnection) async throws -> BSONTimestamp {
        let reply = try await connection.lanes.run { (client) throws(StoreError) in
            try client.command(["ping": 1], on: "admin", .plain)
        }
        guard case .timestamp(let time)? = reply["operationTime"] else {
            throw StoreError(.internalInconsistency, "A member of a replica set says its time.")
        }
        return time
    }
}
