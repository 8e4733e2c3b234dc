public import MigrationCore

/// The feed shows what triggers wrote down, so writes of other programs are in it like any other.
extension SQLiteDocumentStore: ChangeFeed {
    /// How often the file is looked at for commits of other processes.
    private static let interval = Duration.milliseconds(50)

    public func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage {
        try await named { () async throws(StoreError) -> ChangePage in
            guard limit >= 1 else {
                throw StoreError(.invalidArgument, "A page of changes needs a limit of at least 1, not \(limit).")
            }
            var cursor: FeedCursor? =
                switch start {
                case .beginning: nil
                case .after(let continuation): try FeedCursor(continuation, of: collection)
                }
            var waited = Duration.zero
            while true {
                let generation = database.committed.generation
                let page = try await page(of: collection, from: cursor, limit: limit)
                if page.hasExpired { try await purge(collection) }
                if !page.changes.isEmpty || patience <= waited {
                    return ChangePage(changes: page.changes, continuation: page.end.continuation)
                }
                cursor = page.end
                if page.hasExpired { continue }
                let pause = min(patience - waited, Self.interval)
                await database.committed.wait(since: generation, upTo: pause, clock: clock)
                waited += pause
                try enter()
            }
        }
    }

    public func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try await named { () async throws(StoreError) -> Continuation in
            try await database.readers.readInline { (connection) throws(StoreError) in
                let log = try ChangeLog(connection)
                return FeedCursor(file: log.file, collection: collection, sequence: log.last).continuation
            }
        }
    }

    /// Deletes show in the feed when documents are removed, so a reader of the feed sees to it that they are.
    private func purge(_ collection: CollectionName) async throws(StoreError) {
        if database.configuration.access == .readOnly { return }
        let time = now()
        _ = try await database.writer.write { (connection) throws(StoreError) in
            try Housekeeping.purge(collection, limit: 1_000, now: time, on: connection)
        }
    }

    private struct FeedPage: Sendable {
        var changes: [DocumentChange] = []
        var end: FeedCursor
        var hasExpired = false
    }

    private func page(
        of collection: CollectionName,
        from start: FeedCursor?,
        limit: Int
    ) async throws(StoreError) -> FeedPage {
        try await database.readers.read {
            [now, canPurge = database.configuration.access != .readOnly] (
                connection
            )
                throws(StoreError) -> FeedPage in
            let now = now()
            return try connection.readTransaction { () throws(StoreError) -> FeedPage in
                let log = try ChangeLog(connection)
                let cursor =
                    start ?? FeedCursor(file: log.file, collection: collection, sequence: log.last, place: .beginning)
                if cursor.file != log.file { throw FeedCursor.invalid(collection) }
                if !log.holds(changesAfter: cursor.sequence) { throw FeedCursor.historyLost(collection) }
                var page = FeedPage(end: cursor)
                if cursor.place != nil {
                    try log.readDocuments(into: &page.changes, from: &page.end, limit: limit, now: now)
                }
                if page.end.place == nil, page.changes.count < limit {
                    try log.readChanges(into: &page.changes, from: &page.end, limit: limit, now: now)
                }
                if canPurge { page.hasExpired = try log.hasExpired(in: collection, now: now) }
                return page
            }
        }
    }
}
