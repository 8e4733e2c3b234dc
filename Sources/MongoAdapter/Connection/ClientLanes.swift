internal import CutoverBlockingLanes
internal import CutoverCMongo
internal import MigrationCore

/// The pool of clients, each bound to a lane: thread and client never wait for each other.
///
/// A call goes to the lane with the fewest calls before it, so one that waits for the server holds up no other while a lane is
/// free.
///
/// Safety: the pool is thread-safe, and destroyed only when the last lane has given its client back.
@safe final class ClientLanes: Sendable {
    private let pool: PoolHandle
    private let state: Locked<State>
    private let name: String

    private struct State {
        var slots: [Slot]
        var isClosed = false

        var idlest: Int { slots.indices.min { slots[$0].load < slots[$1].load } ?? 0 }
    }

    private struct Slot {
        let lane: Lane
        let client: LaneClient
        var load = 0
    }

    init(pool: PoolHandle, time: CausalTime, count: Int, name: String) {
        self.pool = pool
        self.name = name
        let slots = (0..<count).map { number in
            Slot(lane: Lane(name: "\(name)-\(number)"), client: LaneClient(pool: pool, time: time))
        }
        state = Locked(State(slots: slots))
    }

    deinit {
        for slot in state.withLock({ $0.slots }) {
            slot.lane.submit { slot.client.release() }
            slot.lane.stopWithoutWaiting()
        }
    }

    /// Runs a closure with a client and suspends until it has ended.
    ///
    /// A task that is cancelled while its closure waits for a lane is released at once; once it runs its end is awaited, which
    /// the time limits of the connection bound.
    ///
    /// - Parameter index: the lane to use; nil takes the one with the fewest calls before it.
    func run<Value: Sendable>(
        on index: Int? = nil,
        _ body: @escaping @Sendable (MongoClient) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        guard let (index, lane, client) = take(index) else { throw .closedStore }
        let outcome = await lane.run {
            Result { () throws(StoreError) in try body(try client.client()) }
        }
        release(index)
        switch outcome {
        case .finished(let result): return try result.get()
        case .cancelled: throw .cancelledCall
        case .stopped: throw .closedStore
        }
    }

    /// Runs a closure with a client, without a task; false once the lanes are stopped, and then it never runs.
    @discardableResult
    func submit(
        on index: Int? = nil,
        _ body: @escaping @Sendable (Result<MongoClient, StoreError>) -> Void
    ) -> Bool {
        guard let (index, lane, client) = take(index) else { return false }
        let accepted = lane.submit {
            body(Result { () throws(StoreError) in try client.client() })
            self.release(index)
        }
        if !accepted { release(index) }
        return accepted
    }

    /// Lets calls under way finish, gives the clients back and ends the lanes.
    func stop() async {
        let slots = state.withLock { state in
            state.isClosed = true
            return state.slots
        }
        for slot in slots {
            slot.lane.submit { slot.client.release() }
            await slot.lane.stopped()
        }
    }

    /// Chooses a lane for work that has to stay on one, and counts it as a call there until it is given back: two of them do not
    /// choose the same lane while another one is free.
    func reserve() -> Int {
        state.withLock { state in
            let index = state.idlest
            state.slots[index].load += 1
            return index
        }
    }

    /// Gives a lane back that was chosen.
    func giveBack(_ index: Int) { release(index) }

    private func take(_ index: Int?) -> (Int, Lane, LaneClient)? {
        state.withLock { state in
            if state.isClosed { return nil }
            let index = index ?? state.idlest
            state.slots[index].load += 1
            return (index, state.slots[index].lane, state.slots[index].client)
        }
    }

    private func release(_ index: Int) {
        state.withLock { $0.slots[index].load -= 1 }
    }
}

/// The client of one lane, taken out of the pool when it is first needed.
///
/// Safety: `current` is touched only by closures of `ClientLanes` that run on the lane of its slot, one after the other.
private final class LaneClient: @unchecked Sendable {
    private let pool: PoolHandle
    private let time: CausalTime
    private var current: MongoClient?

    init(pool: PoolHandle, time: CausalTime) {
        self.pool = pool
        self.time = time
    }

    func client() throws(StoreError) -> MongoClient {
        if let current { return current }
        guard let client = unsafe MongoClient(pool: pool.pointer, time: time) else {
            throw StoreError(.internalInconsistency, "The pool of clients is smaller than its lanes; please report it.")
        }
        current = client
        return client
    }

    func release() { current = nil }
}

/// Owns a pool of clients.
///
/// Safety: libmongoc lets any thread use a `mongoc_client_pool_t`; `pointer` never changes, and the pool is destroyed with the last
/// reference to this, when no lane has a client of it any more.
@safe final class PoolHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe mongoc_client_pool_destroy(pointer) }
}
