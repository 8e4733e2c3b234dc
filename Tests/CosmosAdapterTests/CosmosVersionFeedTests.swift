import CutoverAzureServer
import MigrationCore
import Testing

@testable import CosmosAdapter

/// The feed of all versions and deletes.
@Suite("All versions and deletes in Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosVersionFeedTests {
    private static let things: CollectionName = "things"

    private func key(_ partition: PartitionKey, _ id: DocumentID = "d") -> DocumentKey {
        DocumentKey(collection: Self.things, partition: partition, id: id)
    }

    /// What happened, in a form to compare.
    private func told(_ changes: [DocumentChange]) -> [String] {
        changes.map { change in
            guard let key = change.key else { return "unreadable" }
            guard case .written(let document) = change.kind, case .int32(let number)? = document.document["n"] else {
                return told(key.partition, key.id, nil)
            }
            return told(key.partition, key.id, number)
        }
    }

    /// - Parameter number: nil for a delete.
    private func told(_ partition: PartitionKey, _ id: DocumentID, _ number: Int32?) -> String {
        "\(partition.text) \(id.text) \(number.map { "\($0)" } ?? "deleted")"
    }

    /// Everything after a point, in pages of a size.
    private func all(
        _ store: CosmosDocumentStore,
        after start: Continuation,
        _ size: Int
    ) async throws -> [DocumentChange] {
        var changes: [DocumentChange] = []
        var place = start
        while true {
            let page = try await store.changes(in: Self.things, from: .after(place), limit: size, waitingUpTo: .zero)
            if page.changes.isEmpty { return changes }
            #expect(page.changes.count <= size)
            changes += page.changes
            place = page.continuation
        }
    }

    @Test(
        "each version and each delete is a change, in order, with its key, in pages of any size",
        arguments: [1, 2, 9]
    )
    func versions(_ size: Int) async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition(Self.things))
        _ = try await store.write(["n": 0], to: key("p"))
        let start = try await store.allVersionsContinuation(in: Self.things)
        _ = try await store.write(["n": 1], to: key("p"))
        _ = try await store.write(["n": 2], to: key("p"))
        #expect(try await store.delete(key("p")).isApplied)
        // Two of one number, one of which replaces what the first of them has deleted.
        let both: [DocumentWrite] = [.put(["n": 3], to: key("p", "a/1")), .put(["n": 4], to: key("p", 7))]
        #expect(try await store.transact(both).isApplied)
        #expect(try await store.transact([.delete(key("p", 7)), .put(["n": 5], to: key("p", "a/1"))]).isApplied)
        // This one is carried as BSON.
        _ = try await store.write(["n": .int32(6), "_etag": "mine"], to: key("p"))
        // Its definition is no document.
        let index = IndexDefinition("i", fields: [.ascending("n")])
        try await store.ensureCollection(CollectionDefinition(Self.things, indexes: [index]))
        let changes = try await all(store, after: start, size)
        let expected: [(id: DocumentID, number: Int32?)] = [
            ("d", 1), ("d", 2), ("d", nil), ("a/1", 3), (7, 4), (7, nil), ("a/1", 5), ("d", 6),
        ]
        // The two of a transaction come in any order.
        for steps in [0..<3, 3..<5, 5..<7, 7..<8] {
            let wanted = expected[steps].map { told("p", $0.id, $0.number) }
            #expect(Set(told(Array(changes[steps]))) == Set(wanted))
            if steps.count != 2 { #expect(told(Array(changes[steps])) == wanted) }
        }
        #expect(changes.count == expected.count)
        // From each change on, the rest comes.
        for (index, change) in changes.enumerated() {
            #expect(told(try await all(store, after: change.continuation, 9)) == told(Array(changes[(index + 1)...])))
        }
        // The feed of latest versions is another one.
        let latest = try await store.changes(in: Self.things, from: .beginning, limit: 9, waitingUpTo: .zero)
        #expect(latest.changes.count == 2)
        await store.close()
    }

    @Test("the key of a delete has all levels, absent and null ones too, and splits lose nothing")
    func hierarchy() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition(Self.things, partitionPaths: ["tenant", "a.b", "year"]))
        let start = try await store.allVersionsContinuation(in: Self.things)
        let partitions: [PartitionKey] = [
            ["t", "u", 1], ["t", nil, true], ["t", .absent, ""], [.absent, "u", 2.5], ["s", "u", 1],
        ]
        for partition in partitions { _ = try await store.write(["n": 1], to: key(partition)) }
        try await bed.server.split("0", database: bed.database, container: "things")
        for partition in partitions { _ = try await store.delete(key(partition)) }
        let changes = try await all(store, after: start, 3)
        for partition in partitions {
            let own = changes.filter { $0.key == key(partition) }
            #expect(told(own) == [told(partition, "d", 1), told(partition, "d", nil)], "\(partition)")
        }
        #expect(changes.count == 2 * partitions.count)
        await store.close()
    }

    @Test("a group of processes handles all versions and deletes, and what has expired as deleted")
    func group() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition(Self.things))
        let start = try await store.allVersionsContinuation(in: Self.things)
        for number in 0..<20 {
            _ = try await store.write(["n": 1], to: key(PartitionKey(.number(Double(number)))))
            _ = try await store.write(["n": 2], to: key(PartitionKey(.number(Double(number)))))
            _ = try await store.delete(key(PartitionKey(.number(Double(number)))))
        }
        var configuration = CosmosChangeFeed.Configuration()
        configuration.pollingInterval = .milliseconds(20)
        configuration.pageSize = 7
        let feed = try CosmosChangeFeed(
            store,
            collection: Self.things,
            group: "tests",
            leases: store,
            from: .after(start),
            configuration: configuration
        )
        let handled = Locked<[DocumentChange]>([])
        let run = Task { try await feed.run { changes in handled.withLock { $0 += changes } } }
        while handled.withLock({ $0.count }) < 60 { try await Task.sleep(for: .milliseconds(10)) }
        run.cancel()
        _ = await run.result
        let changes = handled.withLock { $0 }
        #expect(changes.count == 60)
        for number in 0..<20 {
            let own = changes.filter { $0.key?.partition == PartitionKey(.number(Double(number))) }
            #expect(own.count == 3 && told(own)[2].hasSuffix("deleted"))
        }
        await store.close()
    }

    @Test("an account that keeps no history of all versions is refused by name, and one that keeps none any more")
    func missing() async throws {
        let server = try AzureServer.start()
        let configuration = try CosmosBed.configuration("shop", on: server)
        let store = try await CosmosDocumentStore.connect(id: "d", configuration)
        try await store.ensureCollection(CollectionDefinition(Self.things))
        #expect(try await code { try await store.allVersionsContinuation(in: "none") } == .collectionNotFound)
        let start = try await store.allVersionsContinuation(in: Self.things)
        try await server.set(["allVersions": false])
        #expect(try await code { try await store.allVersionsContinuation(in: Self.things) } == .unsupported)
        #expect(try await code { try await all(store, after: start, 1) } == .feedHistoryLost)
        // The feed of latest versions goes on.
        _ = try await store.currentContinuation(in: Self.things)
        await store.close()
    }
}
