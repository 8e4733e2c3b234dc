import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

/// Each test holds one append at the service, lets others gather behind it, and lets it go.
@Suite("Appends of a tenant that go together", .timeLimit(.minutes(2)))
struct GroupCommitTests {
    @Test("hundreds of appends that come while one is under way are one request")
    func oneRequest() async throws {
        let bench = try await GroupBench()
        let events = (0..<300).map { GroupBench.event($0) }
        let first = try await bench.start(events[0], place: 0)
        var results = try await withThrowingTaskGroup(of: (Int, AppendResult).self) { group in
            for (number, event) in events.enumerated().dropFirst() {
                group.addTask {
                    let part = StreamAppend(try StreamID("s\(number % 7)"), events: [event])
                    return (number, try await bench.append(part).get())
                }
            }
            try await bench.gathered(299)
            bench.letGo()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        results[0] = try await first.value.get()
        #expect(bench.appends == 2)
        let log = try await bench.log()
        #expect(log.map(\.position) == Array(1...300))
        for (number, event) in events.enumerated() {
            let result = try #require(results[number])
            let stored = log[Int(result.positions.lowerBound) - 1]
            #expect(stored.id == event.id && result.positions.count == 1 && !result.wasAlreadyThere)
            #expect(result.versions == [stored.version] && result.digest == stored.digest)
        }
    }

    @Test("a refused append of a group leaves the others alone, and each has its own answer")
    func refused() async throws {
        let bench = try await GroupBench()
        let (first, good, last) = (GroupBench.event(0), GroupBench.event(1), GroupBench.event(2))
        var other = good
        other.payload = ["n": 99]
        let tasks = [
            try await bench.start(first, place: 0),
            try await bench.start(good, place: 1),
            try await bench.start(GroupBench.event(3), place: 2, expected: .exact(7)),
            try await bench.start(other, place: 3),
            try await bench.start(good, place: 4),
            try await bench.start(first, place: 5),
            try await bench.start(last, place: 6, expected: .exact(2)),
        ]
        bench.letGo()
        var results: [Result<AppendResult, StoreError>] = []
        for task in tasks { results.append(await task.value) }
        #expect(try results[0].get().positions == 1...1)
        #expect(try results[1].get().positions == 2...2)
        #expect(results[2].failure?.code == .versionConflict && results[2].failure?.context.actualVersion == 2)
        #expect(results[3].failure?.code == .conflictingEvent)
        #expect(try results[4].get().positions == 2...2 && results[4].get().wasAlreadyThere)
        #expect(try results[5].get().positions == 1...1 && results[5].get().wasAlreadyThere)
        #expect(try results[6].get().positions == 3...3)
        #expect(try await bench.log().map(\.id) == [first.id, good.id, last.id])
        #expect(bench.appends == 2)
    }

    @Test("a group of which nothing is left to append is answered after a look, and writes nothing")
    func nothingToAppend() async throws {
        let bench = try await GroupBench()
        let first = GroupBench.event(0)
        let tasks = [
            try await bench.start(first, place: 0),
            try await bench.start(first, place: 1),
            try await bench.start(GroupBench.event(1), place: 2, expected: .noStream),
        ]
        bench.letGo()
        #expect(try await tasks[0].value.get().wasAlreadyThere == false)
        #expect(try await tasks[1].value.get().wasAlreadyThere)
        #expect(await tasks[2].value.failure?.code == .versionConflict)
        #expect(bench.appends == 1)
    }

    @Test("a group whose request or reply was lost is there once", arguments: [false, true])
    func lost(applied: Bool) async throws {
        let bench = try await GroupBench()
        let events = (0..<5).map { GroupBench.event($0) }
        let tasks = try await bench.start(events)
        let seen = Counter()
        bench.blobs.lose(1, applied: applied) { request in
            // The second block is that of the group.
            GroupBench.isAppend(request) && seen.next() == 2
        }
        bench.letGo()
        for (place, task) in tasks.enumerated() {
            let result = try await task.value.get()
            #expect(result.positions.lowerBound == Int64(place + 1) && !result.wasAlreadyThere)
        }
        #expect(try await bench.log().map(\.id) == events.map(\.id))
    }

    @Test("an outcome that cannot be found out is unknown to the whole group, and found out when each is repeated")
    func unknown() async throws {
        let bench = try await GroupBench(deadline: .milliseconds(300))
        let events = (0..<4).map { GroupBench.event($0) }
        let tasks = try await bench.start(events)
        let seen = Counter()
        bench.blobs.state.withLock { state in
            state.after = { request in
                // From the second block on, nothing is heard of the service.
                let count = GroupBench.isAppend(request) ? seen.next() : seen.count
                return count >= 2 ? FakeBlobs.lost : nil
            }
        }
        bench.letGo()
        #expect(try await tasks[0].value.get().positions == 1...1)
        for task in tasks.dropFirst() { #expect(await task.value.failure?.code == .outcomeUnknown) }
        bench.blobs.state.withLock { $0.after = nil }
        for (place, event) in events.enumerated().reversed() {
            let again = try await bench.append(StreamAppend("s", events: [event])).get()
            #expect(again.positions.lowerBound == Int64(place + 1) && again.wasAlreadyThere)
        }
        #expect(try await bench.log().map(\.id) == events.map(\.id))
    }

    @Test("a fence that is raised in front of a group stops all of it")
    func fenced() async throws {
        let bench = try await GroupBench()
        let first = GroupBench.event(0)
        let tasks = try await bench.start([first] + (1..<5).map { GroupBench.event($0) })
        let fence = LogFrame.bytes(LogRecord(.fence(Fence(epoch: GroupBench.epoch(2), role: .closed)), stamp: "s").body)
        let seen = Counter()
        bench.blobs.state.withLock { state in
            state.meddle = { request, state in
                // Another process raises it right before the group arrives.
                guard GroupBench.isAppend(request), seen.next() == 2 else { return }
                state.container?["events/t/000000000001.log"]?.bytes += fence
                state.container?["events/t/000000000001.log"]?.blocks += 1
            }
        }
        bench.letGo()
        #expect(try await tasks[0].value.get().positions == 1...1)
        for task in tasks.dropFirst() { #expect(await task.value.failure?.code == .fenced) }
        #expect(try await bench.log().map(\.id) == [first.id])
    }

    @Test("calls of different epochs are never one group")
    func epochs() async throws {
        let bench = try await GroupBench()
        let tasks = [
            try await bench.start(GroupBench.event(0), place: 0),
            try await bench.start(GroupBench.event(1), place: 1),
            try await bench.start(GroupBench.event(2), place: 2, epoch: 2),
            try await bench.start(GroupBench.event(3), place: 3, epoch: 2),
            try await bench.start(GroupBench.event(4), place: 4),
        ]
        bench.letGo()
        for (place, task) in tasks.dropLast().enumerated() {
            #expect(try await task.value.get().positions.lowerBound == Int64(place + 1))
        }
        #expect(await tasks[4].value.failure?.code == .fenced)
        #expect(bench.appends == 3)
        #expect(try await bench.store.head(tenant: "t", epoch: .maintenance)?.fence.epoch == GroupBench.epoch(2))
    }

    @Test("a call that is cancelled while it waits appends nothing; one that is under way ends as it ends")
    func cancelled() async throws {
        let bench = try await GroupBench()
        let events = (0..<4).map { GroupBench.event($0) }
        let tasks = try await bench.start(events)
        tasks[2].cancel()
        // Answered while the append in front of it is still at the service.
        #expect(await tasks[2].value.failure?.code == .cancelled)
        tasks[0].cancel()
        bench.letGo()
        for (task, position) in [(tasks[0], 1), (tasks[1], 2), (tasks[3], 3)] {
            #expect(try await task.value.get().positions.lowerBound == Int64(position))
        }
        #expect(try await bench.log().map(\.id) == [events[0].id, events[1].id, events[3].id])
    }

    @Test("groups stay below the size of a block, and segments below their number of records")
    func limits() async throws {
        let bench = try await GroupBench(records: 3)
        let large = (1..<8).map { GroupBench.event($0, bytes: 1_400_000) }
        let tasks = try await bench.start([GroupBench.event(0)] + large)
        bench.letGo()
        for (place, task) in tasks.enumerated() {
            #expect(try await task.value.get().positions.lowerBound == Int64(place + 1))
        }
        #expect(try await bench.log().count == 8)
        let sizes = bench.blobs.state.withLock { state in
            state.requests.filter(GroupBench.isAppend).map { FakeCall($0).bytes.count }
        }
        #expect(sizes.filter { $0 > 1_400_000 }.count == 4 && sizes.allSatisfy { $0 <= LogFrame.maximumBytes })
        let blocks = bench.blobs.state.withLock { $0.container?.values.map(\.blocks) ?? [] }
        #expect(blocks.count > 1 && blocks.allSatisfy { $0 <= 4 })
    }
}
