import CutoverAzureTransport
import MigrationCore

@testable import BlobAdapter

/// A store with a prepared tenant, whose next append waits at the service until it is let go.
struct GroupBench {
    typealias Outcome = Result<AppendResult, StoreError>

    let blobs = FakeBlobs()
    let store: BlobEventStore
    private let isHeld = Locked(false)
    private let mayGoOn = Locked(false)

    static func epoch(_ number: Int64) -> Epoch { Epoch(number: number, route: RouteID(high: 1, low: 2)) }

    init(records: Int = 49_000, deadline: Duration = .seconds(30)) async throws {
        store = try await Self.store(blobs, records, deadline)
        try await store.prepare(tenant: "t", fence: Fence(epoch: Self.epoch(1), role: .open))
        blobs.state.withLock { state in
            state.requests = []
            state.hold = { [isHeld, mayGoOn] request in
                let isFirst = isHeld.withLock { isHeld in
                    guard Self.isAppend(request), !isHeld else { return false }
                    isHeld = true
                    return true
                }
                while isFirst, !mayGoOn.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }

    private static func store(
        _ blobs: FakeBlobs,
        _ records: Int,
        _ deadline: Duration,
        over transport: (any HTTPTransport)? = nil
    ) async throws -> BlobEventStore {
        var configuration = try blobs.configuration()
        configuration.deadline = deadline
        var options = BlobLogOptions()
        options.maximumSegmentRecords = records
        let environment = AzureEnvironment(transport: transport ?? blobs)
        return try await BlobEventStore.connect(id: "events", configuration, options: options, in: environment)
    }

    /// The store of another process, which is further away from the service.
    func other(_ distance: Duration) async throws -> BlobEventStore {
        try await Self.store(blobs, 49_000, .seconds(30), over: Distance(blobs: blobs, time: distance))
    }

    /// Returns when the first append is at the service, and so many wait behind it.
    func gathered(_ count: Int) async throws {
        while !isHeld.withLock({ $0 }) || store.log(of: "t").queue.count < count {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func letGo() { mayGoOn.withLock { $0 = true } }

    /// How many blocks were appended, or tried.
    var appends: Int { blobs.state.withLock { $0.requests.count(where: Self.isAppend) } }

    /// What a store that knows nothing reads.
    func log() async throws -> [StoredEvent] {
        let fresh = try await Self.store(blobs, 49_000, .seconds(30))
        return try await fresh.readLog(tenant: "t", after: 0, limit: 1_000, epoch: .maintenance)
    }

    static func isAppend(_ request: HTTPRequest) -> Bool { FakeCall(request)["comp"] == "appendblock" }

    static func event(_ number: Int, bytes: Int = 0) -> NewEvent {
        NewEvent(
            type: "T",
            occurredAt: WallTime(millisecondsSinceEpoch: 0),
            payload: ["n": .int64(Int64(number)), "text": .string(String(repeating: "x", count: bytes))]
        )
    }

    /// Starts an append and returns when it waits as number `place` behind the one that is held.
    func start(
        _ event: NewEvent,
        place: Int,
        epoch number: Int64 = 1,
        expected: ExpectedVersion = .any
    ) async throws -> Task<Outcome, Never> {
        let task = Task { await self.append(StreamAppend("s", expected: expected, events: [event]), epoch: number) }
        try await gathered(place)
        return task
    }

    /// Starts appends of these events, one behind the other.
    func start(_ events: [NewEvent]) async throws -> [Task<Outcome, Never>] {
        var tasks: [Task<Outcome, Never>] = []
        for (place, event) in events.enumerated() { tasks.append(try await start(event, place: place)) }
        return tasks
    }

    func append(_ part: StreamAppend, epoch number: Int64 = 1) async -> Outcome {
        do throws(StoreError) {
            return .success(try await store.append([part], tenant: "t", epoch: Self.epoch(number)))
        } catch {
            return .failure(error)
        }
    }
}

extension Result {
    var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// Counts what comes by.
final class Counter: Sendable {
    private let state = Locked(0)

    var count: Int { state.withLock { $0 } }

    func next() -> Int {
        state.withLock { state in
            state += 1
            return state
        }
    }
}

/// A way to the service that takes its time, there and back.
private struct Distance: HTTPTransport {
    let blobs: FakeBlobs
    let time: Duration

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        try? await Task.sleep(for: time)
        let response = try await blobs.send(request)
        try? await Task.sleep(for: time)
        return response
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStreamedResponse {
        try await blobs.stream(request)
    }
}
