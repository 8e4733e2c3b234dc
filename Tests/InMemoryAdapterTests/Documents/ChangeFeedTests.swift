import InMemoryAdapter
import MigrationCore
import Testing

@Suite("The change feed in memory", .timeLimit(.minutes(5)))
struct ChangeFeedTests {
    let store = InMemoryDocumentStore(historyLimit: 3, clock: TestClock.stopped)

    /// What a page shows: `+` for written and `-` for deleted, with the id.
    func text(_ page: ChangePage) -> [String] {
        page.changes.map { change in
            if case .deleted = change.kind { "-\(change.key!.id.text)" } else { "+\(change.key!.id.text)" }
        }
    }

    func page(_ start: ChangeFeedStart, limit: Int = 10) async throws -> ChangePage {
        try await store.changes(in: "c", from: start, limit: limit, waitingUpTo: .zero)
    }

    @Test("from the beginning it shows each document, then what changed meanwhile", arguments: [1, 2, 10])
    func beginning(limit: Int) async throws {
        for number in 1...4 { try store.seed(["n": 1], at: key(number)) }
        let first = try await page(.beginning, limit: limit)
        _ = try await store.delete(key(4))
        try store.seed(["n": 1], at: key(5))
        var seen = text(first)
        var continuation = first.continuation
        while true {
            let next = try await page(.after(continuation), limit: limit)
            guard !next.changes.isEmpty else { break }
            #expect(next.changes.count <= limit)
            seen += text(next)
            continuation = next.continuation
        }
        let expected = ["+1", "+2", "+3", limit == 10 ? "+4" : nil, "-4", "+5"].compactMap(\.self)
        #expect(seen == expected)
    }

    @Test("each change has the point right after it")
    func points() async throws {
        for number in 1...3 { try store.seed(["n": 1], at: key(number)) }
        for start in [ChangeFeedStart.beginning, .after(try await start())] {
            let all = try await page(start)
            #expect(all.changes.count == 3)
            for (index, change) in all.changes.enumerated() {
                let rest = try await page(.after(change.continuation))
                #expect(text(rest) == Array(text(all)[(index + 1)...]))
            }
        }
    }

    /// The point before all changes of the collection.
    func start() async throws -> Continuation {
        let current = try await store.currentContinuation(in: "c").text
        return Continuation(text: current.replacing(" 3 0 0 ", with: " 0 0 0 "))
    }

    @Test("quick changes of one key arrive as the last of them")
    func latest() async throws {
        let point = try await store.currentContinuation(in: "c")
        try store.seed(["n": 1], at: key(1))
        try store.seed(["n": 1], at: key(2))
        let tag = try store.seed(["n": 2], at: key(1))
        let page = try await page(.after(point))
        #expect(text(page) == ["+2", "+1"])
        guard case .written(let stored) = page.changes[1].kind else { return }
        #expect(stored.etag == tag)
    }

    @Test("changes that are beyond the history are an error, not a gap")
    func historyLost() async throws {
        let point = try await store.currentContinuation(in: "c")
        for number in 1...3 { try store.seed(["n": 1], at: key(number)) }
        #expect(text(try await page(.after(point))) == ["+1", "+2", "+3"])
        try store.seed(["n": 1], at: key(4))
        await expect(.feedHistoryLost) { _ = try await page(.after(point)) }
        for number in 5...500 { try store.seed(["n": 1], at: key(number)) }
        let recent = try await store.currentContinuation(in: "c")
        for number in 1...3 { _ = try await store.delete(key(number)) }
        #expect(text(try await page(.after(recent))) == ["-1", "-2", "-3"])
    }

    @Test("a point of an instance that is gone is lost; one of another feed or from nowhere is invalid")
    func foreign() async throws {
        try store.seed(["n": 1], at: key(1))
        let other = InMemoryDocumentStore()
        try other.seed(["n": 1], at: key(1))
        let point = try await other.currentContinuation(in: "c")
        await expect(.feedHistoryLost) { _ = try await page(.after(point)) }
        let elsewhere = try await store.currentContinuation(in: "d")
        await expect(.invalidContinuation) { _ = try await page(.after(elsewhere)) }
        await expect(.invalidContinuation) { _ = try await page(.after(Continuation(text: "feed1"))) }
        let future = try await store.currentContinuation(in: "c").text.replacing(" 1 0 0 ", with: " 2 0 0 ")
        await expect(.invalidContinuation) { _ = try await page(.after(Continuation(text: future))) }
    }

    @Test("a write wakes the waiting at once; a rejected one and another collection do not")
    func waiting() async throws {
        try await withThrowingTaskGroup(of: ChangePage.self) { group in
            group.addTask {
                try await store.changes(in: "c", from: .beginning, limit: 1, waitingUpTo: .seconds(1))
            }
            await until { store.waitingCount == 1 }
            try store.seed(["n": 1], at: key(1, in: "d"))
            #expect(try await store.write(["n": 1], to: key(1), condition: .replace).rejection != nil)
            await until { store.waitingCount == 1 }
            try store.seed(["n": 1], at: key(1))
            let page = try await group.next()
            #expect(page.map(text) == ["+1"])
        }
        #expect(store.waitingCount == 0)
    }

    @Test("a batch and a transaction wake the waiting too", arguments: [false, true])
    func waitingForMany(isTransaction: Bool) async throws {
        try await withThrowingTaskGroup(of: ChangePage.self) { group in
            group.addTask {
                try await store.changes(in: "c", from: .beginning, limit: 9, waitingUpTo: .seconds(1))
            }
            await until { store.waitingCount == 1 }
            let writes: [DocumentWrite] = [.put(["n": 1], to: key(1)), .put(["n": 2], to: key(2))]
            if isTransaction { _ = try await store.transact(writes) } else { _ = try await store.writeBatch(writes) }
            let page = try await group.next()
            #expect(page.map(text) == ["+1", "+2"])
        }
    }

    @Test("a cancelled wait says so and leaves nobody behind")
    func cancellation() async throws {
        let task = Task {
            _ = try await store.changes(in: "c", from: .beginning, limit: 1, waitingUpTo: .seconds(1))
        }
        await until { store.waitingCount == 1 }
        task.cancel()
        await expect(.cancelled) { try await task.value }
        #expect(store.waitingCount == 0)
    }

    @Test("patience ends by the injected clock with an empty page")
    func patience() async throws {
        let store = InMemoryDocumentStore(clock: TestClock.hasty)
        let page = try await store.changes(in: "c", from: .beginning, limit: 1, waitingUpTo: .seconds(3600))
        #expect(page.changes.isEmpty)
        #expect(store.waitingCount == 0)
    }
}
