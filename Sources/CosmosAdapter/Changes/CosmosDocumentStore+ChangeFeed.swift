internal import CutoverAzureTransport
public import MigrationCore

/// The latest version of what changed, range by range, in the order of each partition key; this feed shows no deletes.
///
/// From ``allVersionsContinuation(in:)`` on it shows every version, and deletes.
extension CosmosDocumentStore: ChangeFeed {
    /// How often the service is asked for changes while a caller waits.
    private static let interval = Duration.milliseconds(100)

    public func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage {
        try await door.enter { () async throws(StoreError) -> ChangePage in
            guard limit >= 1 else {
                throw StoreError(
                    .invalidArgument,
                    "A page of changes needs a limit of at least 1, not \(limit).",
                    context: .init(collection: collection)
                )
            }
            var place: FeedPlace
            switch start {
            case .beginning: place = FeedPlace(collection, rid: nil)
            case .after(let continuation): place = try FeedPlace(continuation, collection)
            }
            let end = environment.timeline.now + patience
            while true {
                if let page = try await changes(&place, limit: limit) { return page }
                let left = end - environment.timeline.now
                guard left > .zero else { return ChangePage(changes: [], continuation: place.continuation) }
                try await environment.timeline.sleep(for: min(left, Self.interval))
            }
        }
    }

    public func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try await door.enter { () async throws(StoreError) -> Continuation in
            guard let container = try await container(of: collection) else {
                return FeedPlace(collection, rid: nil).continuation
            }
            return try await end(of: FeedPlace(collection, rid: container.rid), container)
        }
    }

    /// The present end of the feed of all versions and deletes, where the account keeps them.
    ///
    /// Go on from there with ``changes(in:from:limit:waitingUpTo:)``, or give it to a ``CosmosChangeFeed``: each version of a
    /// document is a change of its own, and so is each delete, with its key, also of what has expired. Cosmos DB keeps them with
    /// continuous backup, for as long as that reaches back, and shows none from before the feed was asked for.
    ///
    /// - Parameter collection: the collection.
    /// - Returns: where the feed begins.
    /// - Throws: `unsupported` where the account keeps no history of all versions; `collectionNotFound`, and as a read.
    public func allVersionsContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try await door.enter { () async throws(StoreError) -> Continuation in
            let container = try await existingContainer(of: collection)
            var place = FeedPlace(collection, rid: container.rid)
            place.showsAllVersions = true
            return try await end(of: place, container)
        }
    }

    /// The same feed, at its present end.
    private func end(of feed: FeedPlace, _ container: CosmosContainer) async throws(StoreError) -> Continuation {
        var place = feed
        var asked: [FeedPlace.Part] = []
        while !place.parts.isEmpty {
            let page = try await gateway.changes(&place, in: container, ranges: ranges, limit: 1, token: "*")
            var part = place.parts.removeFirst()
            part.token = page.token
            asked.append(part)
        }
        place.parts = asked
        return place.continuation
    }

    /// Where the feed begins with what was written at a time or later, to the second.
    ///
    /// - Parameters:
    ///   - time: by the service's clock; a time in the future is the service's now.
    ///   - collection: the collection.
    /// - Returns: where to go on with ``changes(in:from:limit:waitingUpTo:)``.
    /// - Throws: `collectionNotFound`, and as a read.
    public func continuation(at time: WallTime, in collection: CollectionName) async throws(StoreError) -> Continuation
    {
        try await door.enter { () async throws(StoreError) -> Continuation in
            let container = try await existingContainer(of: collection)
            var place = FeedPlace(collection, rid: container.rid)
            place.since = time.httpDate
            return place.continuation
        }
    }

    /// The next changes, in whichever part there are some; nil when there are none.
    private func changes(_ place: inout FeedPlace, limit: Int) async throws(StoreError) -> ChangePage? {
        guard let container = try await container(of: place.collection) else { return nil }
        guard place.rid == nil || place.rid == container.rid else {
            throw StoreError(
                .feedHistoryLost,
                "The container was deleted and made again; start again from a scan.",
                context: .init(collection: place.collection)
            )
        }
        place.rid = container.rid
        let walk = CollectionWalk(
            gateway: gateway,
            container: container,
            collection: place.collection,
            query: .all(),
            ranges: ranges
        )
        var quiet = 0
        while quiet < place.parts.count {
            try Self.checkCancellation()
            let count = place.parts[0].seen.count
            let page = try await gateway.changes(&place, in: container, ranges: ranges, limit: limit + count)
            guard !page.entries.isEmpty else {
                (place.parts[0].token, place.parts[0].seen) = (page.token, [])
                place.rotate()
                quiet += 1
                continue
            }
            if let changes = changes(of: page, &place, walk, limit: limit) { return changes }
        }
        return nil
    }

    /// The changes of a page; nil when none of it counts. The place goes behind what is given.
    private func changes(of page: FeedPage, _ place: inout FeedPlace, _ walk: CollectionWalk, limit: Int) -> ChangePage?
    {
        let part = place.parts[0]
        var changes: [DocumentChange] = []
        for (index, entry) in page.entries.enumerated() {
            guard changes.count < limit else { return ChangePage(changes: changes, continuation: place.continuation) }
            place.parts[0] = page.part(part, behind: index)
            if part.seen.contains(entry.mark), !entry.mark.isEmpty { continue }
            guard let change = change(entry, walk) else { continue }
            changes.append(DocumentChange(key: change.key, kind: change.kind, continuation: place.continuation))
        }
        guard !changes.isEmpty else { return nil }
        // Another part has its turn.
        place.rotate()
        return ChangePage(changes: changes, continuation: place.continuation)
    }

    /// What an item of the feed is; nil for the definition of the collection, and for one that has expired.
    private func change(
        _ entry: FeedPage.Entry,
        _ walk: CollectionWalk
    ) -> (key: DocumentKey?, kind: DocumentChange.Kind)? {
        if let deletion = entry.deletion {
            return walk.collection.flatMap { walk.container.shape.key(of: deletion, in: $0) }.map { ($0, .deleted) }
        }
        switch read(entry.bytes, walk) {
        case nil: return nil
        case .success(let document)?: return (document.key, .written(document))
        case .failure(let damaged)?:
            if let item = try? StoredItem(entry.bytes), item.id == ItemID.definition { return nil }
            return (nil, .unreadable(damaged.document))
        }
    }
}
