internal import CutoverBlockingLanes
internal import MigrationCore

/// The group commit of one tenant's log: appends that wait together become one record, in one request.
///
/// While a group is under way its successors gather. Each caller gets its own answer. One that is cancelled while it waits leaves
/// the queue; from then on its append ends as it ends, within the deadline of a request, because others are in the same one.
final class AppendQueue: Sendable {
    typealias Work = GroupedWork<AppendGroup, AppendResult>

    /// An append with what a group has to know about it.
    struct Item: Sendable {
        let work: Work
        /// A group has calls of one epoch only.
        let epoch: Epoch
        let ids: [EventID]
        /// The most bytes that its events have in a record.
        let bytes: Int
    }

    private struct State {
        var waiting: [Item] = []
        var isAtWork = false
    }

    /// So many that the lists of a record stay far below the block's 4 MiB.
    private static let maximumEvents = 4_000
    private static let maximumBytes = 3 << 20

    private let state = Locked(State())

    /// How many appends wait for those before them.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Queues an append and waits for its answer.
    ///
    /// - Parameter commit: carries out a group; it answers each of its works.
    func result(
        of parts: [StreamAppend],
        epoch: Epoch,
        at time: WallTime,
        commit: @escaping @Sendable ([Item]) async -> Void
    ) async throws(StoreError) -> AppendResult {
        let events = parts.flatMap(\.events)
        let bytes = parts.reduce(0) {
            $0 + $1.events.reduce(0, Self.bytes) + $1.events.count * $1.stream.text.utf8.count
        }
        let cancellation = StoreError(
            .cancelled,
            "The task was cancelled while its append waited for those before it; nothing was applied."
        )
        let work = Work(cancellation: cancellation) { (group) throws(StoreError) in
            try group.append(parts, epoch: epoch, at: time)
        }
        return try await work.result { work in
            enqueue(Item(work: work, epoch: epoch, ids: events.map(\.id), bytes: bytes), commit)
        }
    }

    /// The task that begins here has no parent that it could be cancelled with: it works for everybody who waits, and ends with the
    /// last of them.
    private func enqueue(_ item: Item, _ commit: @escaping @Sendable ([Item]) async -> Void) {
        let begins = state.withLock { state in
            state.waiting.append(item)
            defer { state.isAtWork = true }
            return !state.isAtWork
        }
        guard begins else { return }
        Task {
            while let group = next() {
                let present = group.filter { $0.work.begin() }
                if !present.isEmpty { await commit(present) }
            }
        }
    }

    /// Takes those in front that go together; nil, and the work ends, when nobody waits.
    private func next() -> [Item]? {
        state.withLock { state in
            guard let first = state.waiting.first else {
                state.isAtWork = false
                return nil
            }
            var (events, bytes) = (0, 0)
            let group = state.waiting.prefix { item in
                events += item.ids.count
                bytes += item.bytes
                return item.epoch == first.epoch && events <= Self.maximumEvents && bytes <= Self.maximumBytes
            }
            let taken = group.isEmpty ? [first] : Array(group)
            state.waiting.removeFirst(taken.count)
            return taken
        }
    }

    private static func bytes(_ sum: Int, _ event: NewEvent) -> Int {
        let texts = [event.type, event.correlationID ?? "", event.causationID ?? "", event.actor ?? ""]
        return sum + event.payload.byteCount + event.metadata.byteCount
            + texts.reduce(384) { $0 + $1.utf8.count }
    }
}
