public import MigrationCore

/// The change feed of a collection, shared by the processes of a group: each works on some of its ranges, under leases.
///
/// ```swift
/// let feed = try CosmosChangeFeed(store, collection: "orders", group: "billing", leases: control)
/// try await feed.run { changes in try await bill(changes) }
/// ```
///
/// Every change is handled at least once, and changes of one partition key in their order. A process that stops is replaced when
/// its leases have not been renewed for their duration. How far a range has come is kept after its changes were handled.
public final class CosmosChangeFeed: Sendable {
    /// How a feed is shared.
    public struct Configuration: Sendable {
        /// How long a lease lasts without being renewed. Default 30 seconds.
        public var leaseDuration = Duration.seconds(30)
        /// How often a quiet range is asked for changes. Default 500 milliseconds.
        public var pollingInterval = Duration.milliseconds(500)
        /// The most changes that are handled together; at least 1. Default 100.
        public var pageSize = 100
        /// The collection of the leases in their store. It is created if it is missing. Default `cutover-feed-leases`.
        public var collection: CollectionName = "cutover-feed-leases"

        /// Makes a configuration with the defaults.
        public init() {}
    }

    let store: CosmosDocumentStore
    let collection: CollectionName
    let start: ChangeFeedStart
    let leases: FeedLeases
    let configuration: Configuration
    /// What tells this process from the others.
    let owner: String

    /// Prepares to take part; ``run(_:)`` does.
    ///
    /// - Parameters:
    ///   - store: whose feed.
    ///   - collection: the collection whose changes are handled.
    ///   - group: the name under which processes share the work; another group handles all changes by itself.
    ///   - leases: where leases lie: any store with conditional writes that all processes share.
    ///   - start: where the group begins when it runs for the first time; behind
    ///     ``CosmosDocumentStore/allVersionsContinuation(in:)`` it handles all versions and deletes.
    ///   - configuration: durations and sizes.
    /// - Throws: `invalidConfiguration` for a duration that is not positive, or a page size below 1.
    public init(
        _ store: CosmosDocumentStore,
        collection: CollectionName,
        group: String,
        leases: any DocumentStore,
        from start: ChangeFeedStart = .beginning,
        configuration: Configuration = Configuration()
    ) throws(StoreError) {
        guard configuration.leaseDuration > .zero, configuration.pollingInterval > .zero, configuration.pageSize >= 1
        else {
            throw StoreError(
                .invalidConfiguration,
                "Durations of a feed are positive, and its page size is at least 1."
            )
        }
        self.store = store
        self.collection = collection
        self.start = start
        self.configuration = configuration
        owner = store.environment.random.stamp()
        self.leases = FeedLeases(
            store: leases,
            collection: configuration.collection,
            partition: PartitionKey(.string("\(group)/\(collection.text)"))
        )
    }

    /// Handles changes until the task is cancelled or something fails; then the leases are left to the others.
    ///
    /// - Parameter handle: takes the changes of one range, in their order; several ranges are handled side by side. What it throws
    ///   ends the run, and the changes come again.
    public func run(_ handle: @escaping @Sendable ([DocumentChange]) async throws -> Void) async throws {
        let plan = try await prepare()
        let held = HeldLeases()
        var watch = LeaseWatch(owner: owner, duration: configuration.leaseDuration)
        let timeline = store.environment.timeline
        try await withThrowingTaskGroup(of: Void.self) { group in
            while true {
                watch.note(try await leases.request(), now: timeline.now)
                let decision = watch.decide(try await leases.all(plan), held: held.numbers, now: timeline.now)
                for var lease in decision.taken {
                    lease.owner = owner
                    guard let mine = try await leases.put(lease) else { continue }
                    held.insert(mine.number)
                    group.addTask {
                        defer { held.remove(mine.number) }
                        try await self.work(on: mine, held, handle)
                    }
                }
                held.giveBack(decision.surplus)
                if decision.lacks { try await leases.request(for: owner) }
                group.addTask { try await timeline.sleep(for: self.configuration.leaseDuration / 4) }
                // A worker that ends, too, is a reason to look again.
                try await group.next()
            }
        }
    }

    /// Works on a range until its lease is lost or given back.
    private func work(
        on lease: FeedLease,
        _ held: HeldLeases,
        _ handle: @escaping @Sendable ([DocumentChange]) async throws -> Void
    ) async throws {
        let timeline = store.environment.timeline
        var lease = lease
        var renewed = timeline.now
        while held.isWanted(lease.number) {
            let page = try await store.changes(
                in: collection,
                from: .after(lease.place),
                limit: configuration.pageSize,
                waitingUpTo: configuration.pollingInterval
            )
            if !page.changes.isEmpty {
                guard let kept = try await renewing(lease, { try await handle(page.changes) }) else { return }
                lease = kept
            } else if timeline.now - renewed < configuration.leaseDuration / 4 {
                continue
            }
            lease.place = page.continuation
            guard let kept = try await leases.put(lease) else { return }
            (lease, renewed) = (kept, timeline.now)
        }
        lease.owner = nil
        _ = try await leases.put(lease)
    }

    /// Renews a lease while something is done under it; nil, and what is done is cancelled, when the lease was lost.
    private func renewing(
        _ lease: FeedLease,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> FeedLease? {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            let timeline = store.environment.timeline
            let interval = configuration.leaseDuration / 4
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await timeline.sleep(for: interval)
                return false
            }
            var lease = lease
            while let isDone = try await group.next() {
                if isDone { break }
                guard let kept = try await leases.put(lease) else {
                    group.cancelAll()
                    return nil
                }
                lease = kept
                group.addTask {
                    try await timeline.sleep(for: interval)
                    return false
                }
            }
            group.cancelAll()
            return lease
        }
    }

    /// Makes the leases of the group, unless another process has: one for each range that the collection has now.
    private func prepare() async throws(StoreError) -> Int {
        try await leases.prepare { [store, collection, start] () async throws(StoreError) -> [Continuation] in
            try await store.feedParts(of: collection, from: start)
        }
    }
}

/// The leases that a process works on.
private final class HeldLeases: Sendable {
    private let state = Locked((held: Set<Int>(), unwanted: Set<Int>()))

    var numbers: Set<Int> { state.withLock { $0.held } }

    func insert(_ number: Int) { state.withLock { _ = $0.held.insert(number) } }

    func remove(_ number: Int) {
        state.withLock { state in
            state.held.remove(number)
            state.unwanted.remove(number)
        }
    }

    func isWanted(_ number: Int) -> Bool { state.withLock { !$0.unwanted.contains(number) } }

    /// Lets go of so many; they end after what they are doing.
    func giveBack(_ count: Int) {
        state.withLock { state in
            state.unwanted = Set(state.held.sorted().suffix(count))
        }
    }
}

extension CosmosDocumentStore {
    /// A feed in parts, one for each range of the collection.
    fileprivate func feedParts(
        of collection: CollectionName,
        from start: ChangeFeedStart
    ) async throws(StoreError) -> [Continuation] {
        try await door.enter { () async throws(StoreError) -> [Continuation] in
            let container = try await existingContainer(of: collection)
            let physical = try await ranges.ranges(of: container, gateway, .init(collection: collection))
            var whole = FeedPlace(collection, rid: container.rid)
            if case .after(let continuation) = start { whole = try FeedPlace(continuation, collection) }
            var places: [Continuation] = []
            for range in physical {
                var place = whole
                place.rid = container.rid
                place.parts = whole.parts.compactMap { part in
                    var part = part
                    part.minimum = max(part.minimum, range.minimum)
                    part.maximum = min(part.maximum, range.maximum)
                    return part.minimum < part.maximum ? part : nil
                }
                if !place.parts.isEmpty { places.append(place.continuation) }
            }
            return places
        }
    }
}
