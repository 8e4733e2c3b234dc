import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Tenants' logs in append blobs")
struct BlobEventStoreTests {
    private let route = RouteID(high: 1, low: 2)

    private func epoch(_ number: Int64) -> Epoch { Epoch(number: number, route: route) }

    private func store(_ blobs: FakeBlobs, records: Int = 49_000) async throws -> BlobEventStore {
        var options = BlobLogOptions()
        options.maximumSegmentRecords = records
        return try await BlobEventStore.connect(
            id: "events",
            try blobs.configuration(),
            options: options,
            in: AzureEnvironment(transport: blobs)
        )
    }

    private func open(_ store: BlobEventStore) async throws {
        try await store.prepare(tenant: "t", fence: Fence(epoch: epoch(1), role: .open))
    }

    private func event(_ number: Int) -> NewEvent {
        NewEvent(type: "T", occurredAt: WallTime(millisecondsSinceEpoch: 0), payload: ["n": .int64(Int64(number))])
    }

    private func append(_ number: Int, to store: BlobEventStore, epoch number2: Int64 = 1) async throws -> AppendResult
    {
        try await store.append([StreamAppend("s", events: [event(number)])], tenant: "t", epoch: epoch(number2))
    }

    private func log(_ store: BlobEventStore) async throws -> [Int64] {
        try await store.readLog(tenant: "t", after: 0, limit: 1_000, epoch: .maintenance).compactMap {
            if case .int64(let number)? = $0.payload["n"] { number } else { nil }
        }
    }

    private static let appends: @Sendable (HTTPRequest) -> Bool = { FakeCall($0)["comp"] == "appendblock" }

    @Test("an append that nobody disturbs is one request")
    func oneRequest() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        try await open(store)
        let before = blobs.state.withLock { $0.requests.count }
        for number in 0..<5 { _ = try await append(number, to: store) }
        #expect(blobs.state.withLock { $0.requests.count } == before + 5)
    }

    @Test("an append whose reply was lost once or twice is there once", arguments: [1, 2])
    func lostReply(_ count: Int) async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        try await open(store)
        blobs.lose(count, applied: true, where: Self.appends)
        #expect(try await append(7, to: store).positions == 1...1)
        _ = try await append(8, to: store)
        #expect(try await log(store) == [7, 8])
    }

    @Test("an append that was lost before it arrived is sent again")
    func lostRequest() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        try await open(store)
        blobs.lose(1, applied: false, where: Self.appends)
        _ = try await append(7, to: store)
        #expect(try await log(store) == [7])
    }

    @Test("two stores on one log lose nothing and keep its order")
    func twoStores() async throws {
        let blobs = FakeBlobs()
        let stores = [try await store(blobs, records: 5), try await store(blobs, records: 5)]
        try await open(stores[0])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<5 { _ = try await append(task * 10 + number, to: stores[task % 2]) }
                }
            }
            try await group.waitForAll()
        }
        let first = try await log(stores[0])
        #expect(first.count == 40 && Set(first).count == 40)
        for task in 0..<8 {
            #expect(first.filter { $0 / 10 == Int64(task) } == first.filter { $0 / 10 == Int64(task) }.sorted())
        }
        #expect(try await log(stores[1]) == first)
        #expect(try await log(try await store(blobs)) == first)
    }

    @Test("a fence stops a writer that knows nothing of it, in the same request")
    func fenced() async throws {
        let blobs = FakeBlobs()
        let (writer, other) = (try await store(blobs), try await store(blobs))
        try await open(writer)
        _ = try await append(1, to: writer)
        try await other.raiseFence(tenant: "t", to: Fence(epoch: epoch(2), role: .closed))
        await #expect {
            try await append(2, to: writer)
        } throws: {
            ($0 as? StoreError)?.code == .fenced
        }
        #expect(try await log(other) == [1])
    }

    @Test("a fence whose reply was lost is raised, and one that lies behind a seal is raised again")
    func lostFence() async throws {
        let blobs = FakeBlobs()
        let (store, other) = (try await store(blobs, records: 3), try await store(blobs, records: 3))
        try await open(store)
        blobs.lose(1, applied: true, where: Self.appends)
        #expect(
            try await store.raiseFence(tenant: "t", to: Fence(epoch: epoch(2), role: .open)).fence.epoch.number == 2
        )
        // Another process seals the segment right before the fence arrives there.
        let sealed = LogFrame.bytes(
            LogRecord(.seal(TenantHead(fence: Fence(epoch: epoch(2), role: .open))), stamp: "s").body
        )
        blobs.state.withLock { state in
            state.meddle = { request, state in
                guard Self.appends(request), request.headers["x-ms-blob-condition-appendpos"] == nil else { return }
                state.container?["events/t/000000000001.log"]?.bytes += sealed
                state.meddle = nil
            }
        }
        #expect(
            try await store.raiseFence(tenant: "t", to: Fence(epoch: epoch(3), role: .open)).fence.epoch.number == 3
        )
        #expect(try await other.head(tenant: "t", epoch: .maintenance)?.fence.epoch.number == 3)
        #expect(blobs.state.withLock { $0.container?.keys.count { $0.hasPrefix("events/t/") } } == 2)
    }

    @Test(
        "segments that a crash left without a next one, or without an opening, are gone on with",
        arguments: [false, true]
    )
    func crashed(_ hasNext: Bool) async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        try await open(store)
        _ = try await append(1, to: store)
        let head = try #require(try await store.head(tenant: "t", epoch: .maintenance))
        let sealed = LogFrame.bytes(LogRecord(.seal(head), stamp: "s").body)
        blobs.state.withLock { state in
            state.container?["events/t/000000000001.log"]?.bytes += sealed
            if hasNext {
                state.container?["events/t/000000000002.log"] = FakeBlobs.Blob(bytes: [], etag: "\"1\"", isLog: true)
            }
        }
        for reader in [store, try await self.store(blobs)] {
            #expect(try await reader.head(tenant: "t", epoch: .maintenance) == head)
        }
        _ = try await append(2, to: store)
        #expect(try await log(store) == [1, 2])
        #expect(try await log(try await self.store(blobs)) == [1, 2])
    }

    @Test("a purged log is empty for every process, and goes on")
    func purged() async throws {
        let blobs = FakeBlobs()
        let (store, other) = (try await store(blobs, records: 3), try await store(blobs, records: 3))
        try await open(store)
        for number in 0..<10 { _ = try await append(number, to: store) }
        #expect(try await log(other).count == 10)
        try await store.raiseFence(tenant: "t", to: Fence(epoch: epoch(2), role: .closed))
        let fence = Fence(epoch: epoch(3), role: .follower)
        for _ in 0..<2 {
            #expect(try await store.purge(tenant: "t", fence: fence) == TenantHead(fence: fence))
            for reader in [store, other, try await self.store(blobs)] {
                #expect(try await reader.head(tenant: "t", epoch: .maintenance) == TenantHead(fence: fence))
                #expect(try await log(reader).isEmpty)
            }
        }
        #expect(try await store.tenants(after: nil, limit: 10) == ["t"])
        try await other.raiseFence(tenant: "t", to: Fence(epoch: epoch(4), role: .open))
        #expect(try await append(11, to: store, epoch: 4).positions == 1...1)
        #expect(try await log(other) == [11])
    }

    /// What a deleted segment would allow: the writer creates it again, and goes on in it with a fence that is long gone.
    @Test("a writer that stands still before it creates a segment, until the log was fenced and purged, is fenced")
    func stalledCreator() async throws {
        let blobs = FakeBlobs()
        let (writer, other) = (try await store(blobs, records: 3), try await store(blobs, records: 3))
        try await open(writer)
        for number in 0..<2 { _ = try await append(number, to: writer) }
        let (isStalled, mayGoOn) = (Locked(false), Locked(false))
        blobs.state.withLock { state in
            state.hold = { request in
                let isFirst = isStalled.withLock { isStalled in
                    guard request.headers["x-ms-blob-type"] == "AppendBlob", !isStalled else { return false }
                    isStalled = true
                    return true
                }
                while isFirst, !mayGoOn.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
            }
        }
        // The segment is full: the writer seals it, and stands still before it creates the next one.
        async let late = append(2, to: writer)
        while !isStalled.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await append(3, to: other).positions == 3...3)
        for number in 4..<10 { _ = try await append(number, to: other) }
        try await other.raiseFence(tenant: "t", to: Fence(epoch: epoch(2), role: .closed))
        let fence = Fence(epoch: epoch(3), role: .follower)
        try await other.purge(tenant: "t", fence: fence)
        mayGoOn.withLock { $0 = true }
        do {
            _ = try await late
            Issue.record("the append was acknowledged")
        } catch {
            #expect((error as? StoreError)?.code == .fenced)
        }
        for reader in [writer, other, try await store(blobs)] {
            #expect(try await reader.head(tenant: "t", epoch: .maintenance) == TenantHead(fence: fence))
        }
    }

    @Test("a log that was damaged is corrupt, and says where")
    func damaged() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        try await open(store)
        _ = try await append(1, to: store)
        blobs.state.withLock { state in
            let count = state.container?["events/t/000000000001.log"]?.bytes.count ?? 0
            state.container?["events/t/000000000001.log"]?.bytes[count - 40] ^= 1
        }
        await #expect {
            _ = try await log(try await self.store(blobs))
        } throws: {
            ($0 as? StoreError)?.code == .corrupt
        }
    }

    @Test("tenants come in the order of their bytes, whatever their names hold")
    func tenants() async throws {
        let store = try await store(FakeBlobs())
        let names = try ["b", "a b", "a/b", "A", "\u{E9}", "a~", "a."].map { try TenantID($0) }
        for name in names { try await store.prepare(tenant: name, fence: Fence(epoch: epoch(1), role: .open)) }
        #expect(try await store.tenants(after: nil, limit: 10) == names.sorted())
        #expect(
            try await store.tenants(after: "a b", limit: 2) == Array(names.sorted().drop { !("a b" < $0) }.prefix(2))
        )
    }

    @Test("the least recently used log leaves the memory and is read again when it is needed")
    func shelf() async throws {
        let blobs = FakeBlobs()
        var options = BlobLogOptions()
        options.maximumTenantsInMemory = 2
        let store = try await BlobEventStore.connect(
            id: "events",
            try blobs.configuration(),
            options: options,
            in: AzureEnvironment(transport: blobs)
        )
        let tenants: [TenantID] = ["a", "b", "c", "d"]
        for tenant in tenants { try await store.prepare(tenant: tenant, fence: Fence(epoch: epoch(1), role: .open)) }
        for number in 0..<3 {
            for tenant in tenants {
                let result = try await store.append(
                    [StreamAppend("s", events: [event(number)])],
                    tenant: tenant,
                    epoch: epoch(1)
                )
                #expect(result.positions.lowerBound == Int64(number + 1))
            }
        }
    }
}
