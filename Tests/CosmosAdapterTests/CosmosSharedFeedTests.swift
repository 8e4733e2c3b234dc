import CutoverAzureServer
import MigrationCore
import Testing

@testable import CosmosAdapter

/// A change feed that several processes share.
@Suite("A shared change feed of Cosmos DB", .timeLimit(.minutes(5)), .needsAzureEmulator, .azureEmulator)
struct CosmosSharedFeedTests {
    private final class Log: Sendable {
        private let handled = Locked<[(process: Int, key: DocumentKey, number: Int32)]>([])

        func note(_ changes: [DocumentChange], by process: Int) {
            handled.withLock { handled in
                for change in changes {
                    guard let key = change.key, case .written(let document) = change.kind,
                        case .int32(let number)? = document.document["n"]
                    else { continue }
                    handled.append((process, key, number))
                }
            }
        }

        /// How many keys have come as far as a number.
        func count(at number: Int32) -> Int {
            handled.withLock { handled in Set(handled.filter { $0.number == number }.map(\.key)).count }
        }

        func processes(at number: Int32) -> Set<Int> {
            handled.withLock { handled in Set(handled.filter { $0.number == number }.map(\.process)) }
        }

        /// Whether the numbers of each key never fall, as one process saw them.
        var isOrdered: Bool {
            handled.withLock { handled in
                Dictionary(grouping: handled) { "\($0.process) \($0.key.debugDescription)" }.values
                    .allSatisfy { $0.map(\.number) == $0.map(\.number).sorted() }
            }
        }
    }

    private func write(_ store: CosmosDocumentStore, _ number: Int32) async throws {
        let writes = (0..<40).map { index in
            DocumentWrite.put(
                ["n": .int32(number)],
                to: DocumentKey(collection: "things", partition: PartitionKey(.number(Double(index))), id: "d")
            )
        }
        #expect(try await store.writeBatch(writes).allSatisfy(\.isApplied))
    }

    private func waitUntil(_ holds: () -> Bool) async throws {
        while !holds() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test("processes share the ranges, one takes over from another, and splits lose nothing")
    func shared() async throws {
        let bed = try CosmosBed()
        let store = try await bed.store()
        try await store.ensureCollection(CollectionDefinition("things"))
        for range in ["0", "1", "2"] { try await bed.server.split(range, database: bed.database, container: "things") }
        try await write(store, 1)
        var configuration = CosmosChangeFeed.Configuration()
        configuration.leaseDuration = .seconds(2)
        configuration.pollingInterval = .milliseconds(20)
        configuration.pageSize = 7
        let log = Log()
        let settings = configuration
        @Sendable func run(_ process: Int) -> Task<Void, any Error> {
            Task {
                let feed = try CosmosChangeFeed(
                    store,
                    collection: "things",
                    group: "tests",
                    leases: store,
                    configuration: settings
                )
                try await feed.run { log.note($0, by: process) }
            }
        }
        let first = run(1)
        try await waitUntil { log.count(at: 1) == 40 }
        #expect(log.processes(at: 1) == [1])
        let second = run(2)
        var number: Int32 = 1
        repeat {
            number += 1
            try await write(store, number)
            try await waitUntil { log.count(at: number) == 40 }
        } while log.processes(at: number) != [1, 2]
        first.cancel()
        _ = await first.result
        try await bed.server.split("4", database: bed.database, container: "things")
        try await write(store, 1_000_000)
        try await waitUntil { log.count(at: 1_000_000) == 40 }
        #expect(log.isOrdered)
        second.cancel()
        _ = await second.result
        await store.close()
    }

    @Test("a process takes its share of leases, and those of others only when they have not changed for their duration")
    func watch() throws {
        func lease(_ number: Int, _ owner: String?, _ tag: String) -> FeedLease {
            var lease = FeedLease(number: number, owner: owner, place: Continuation(text: "p"))
            lease.etag = ETag(tag)
            return lease
        }
        var watch = LeaseWatch(owner: "me", duration: .seconds(10))
        func decide(_ held: Set<Int>, at second: Int) -> LeaseWatch.Decision {
            watch.decide(all, held: held, now: .seconds(second))
        }
        var all = [lease(0, "you", "a"), lease(1, "you", "b"), lease(2, nil, "c"), lease(3, nil, "d")]
        #expect(decide([], at: 100).taken.map(\.number) == [2, 3])
        #expect(decide([2, 3], at: 109).taken.isEmpty)
        all[0] = lease(0, "you", "e")
        #expect(decide([2, 3], at: 110).taken.isEmpty && decide([2, 3], at: 110).surplus == 0)
        #expect(decide([2, 3], at: 120).taken.map(\.number) == [0, 1])
    }

    @Test("a process that has nothing asks for its share, and the others give back what is over theirs")
    func newcomer() {
        func lease(_ number: Int, _ owner: String) -> FeedLease {
            FeedLease(number: number, owner: owner, place: Continuation(text: "p"))
        }
        let all = (0..<4).map { lease($0, "old") }
        var new = LeaseWatch(owner: "new", duration: .seconds(10))
        let asked = new.decide(all, held: [], now: .seconds(0))
        #expect(asked.taken.isEmpty && asked.lacks && asked.surplus == 0)
        var old = LeaseWatch(owner: "old", duration: .seconds(10))
        #expect(old.decide(all, held: [0, 1, 2, 3], now: .seconds(0)).surplus == 0)
        old.note(FeedRequest(owner: "new", etag: ETag("1")), now: .seconds(1))
        let given = old.decide(all, held: [0, 1, 2, 3], now: .seconds(1))
        #expect(given.surplus == 2 && given.taken.isEmpty && !given.lacks)
        old.note(FeedRequest(owner: "new", etag: ETag("1")), now: .seconds(20))
        #expect(old.decide(all, held: [0, 1, 2, 3], now: .seconds(20)).surplus == 0)
    }
}
