public import MigrationCore

/// The feed is a change stream, so writes of other programs are in it like any other, as far back as the oplog reaches.
extension MongoDocumentStore: ChangeFeed {
    /// How long one look may hold a lane: others who wait have their turn after it.
    private static let slice = Duration.milliseconds(500)
    /// How long the server waits before it says that there is nothing; also how late a cancellation is noticed.
    private static let awaitTime = Duration.milliseconds(100)

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
            try CollectionCatalog.check(collection, database: database)
            var cursor: FeedCursor
            switch start {
            case .beginning:
                cursor = try await currentCursor(in: collection)
                cursor.scan = .beginning
            case .after(let continuation): cursor = try FeedCursor(continuation, of: collection, in: database)
            }
            let begin = timeline.now
            while true {
                let left = patience - (timeline.now - begin)
                let page = try await page(of: collection, from: cursor, limit: limit, patience: min(left, Self.slice))
                if !page.changes.isEmpty || left <= .zero {
                    return ChangePage(changes: page.changes, continuation: page.end.continuation)
                }
                cursor = page.end
                try enter()
            }
        }
    }

    public func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try await named { () async throws(StoreError) -> Continuation in
            try CollectionCatalog.check(collection, database: database)
            return try await currentCursor(in: collection).continuation
        }
    }

    /// A continuation for everything that happened from an operation time of the server on.
    ///
    /// Use it to follow what changed since a backup or a snapshot whose time is known. `changes` throws `feedHistoryLost` once the
    /// oplog no longer reaches back to that time.
    ///
    /// - Parameters:
    ///   - operationTime: a time as the server's replies have it, in `operationTime`; changes at that time are included.
    ///   - collection: the collection whose changes are read.
    /// - Throws: `keyTooLong` for a name that does not fit beside that of the database.
    public func continuation(
        from operationTime: BSONTimestamp,
        in collection: CollectionName
    ) throws(StoreError) -> Continuation {
        do throws(StoreError) {
            try CollectionCatalog.check(collection, database: database)
        } catch {
            throw error.from(id)
        }
        return FeedCursor(database: database, collection: collection, start: .time(operationTime)).continuation
    }

    private func currentCursor(in collection: CollectionName) async throws(StoreError) -> FeedCursor {
        let database = database
        return try await connection.feeds.run { (client) throws(StoreError) in
            do throws(StoreError) {
                return try client.currentCursor(in: collection, of: database)
            } catch  where error.mongoFailure?.code == ServerCode.namespaceNotFound {
                // Dropped since the store was opened: change streams ask for the database to be there.
                try client.createDatabase(database)
                return try client.currentCursor(in: collection, of: database)
            }
        }
    }

    private struct FeedPage: Sendable {
        var changes: [DocumentChange] = []
        var end: FeedCursor
    }

    private func page(
        of collection: CollectionName,
        from cursor: FeedCursor,
        limit: Int,
        patience: Duration
    ) async throws(StoreError) -> FeedPage {
        let isCancelled = Locked(false)
        let (database, time) = (database, now())
        let work: @Sendable (MongoClient) throws(StoreError) -> FeedPage = { (client) throws(StoreError) -> FeedPage in
            var page = FeedPage(end: cursor)
            // Deletes show in the feed when documents are removed, so a reader of the feed sees to it that they are.
            // One who may only read leaves that to the server's own monitor.
            do throws(StoreError) {
                _ = try client.purge(collection.nameInMongoDB, in: database, expiredAt: time, limit: 1_000)
            } catch  where error.code == .notPermitted {}
            if page.end.scan != nil {
                try client.readDocuments(into: &page.changes, from: &page.end, limit: limit, now: time)
            }
            guard page.end.scan == nil, page.changes.count < limit else { return page }
            let wait = page.changes.isEmpty ? patience : .zero
            try client.readChanges(
                into: &page.changes,
                from: &page.end,
                limit: limit,
                now: time,
                patience: wait,
                awaitTime: Self.awaitTime,
                isOver: { isCancelled.withLock { $0 } }
            )
            return page
        }
        do throws(StoreError) {
            return try await withCancellation(isCancelled) { () async throws(StoreError) in
                try await connection.feeds.run(work)
            }
        } catch  where error.code == .feedHistoryLost || error.mongoFailure?.isAboutToken == true {
            throw error.mongoFailure?.isAboutToken == true ? FeedCursor.invalid(collection) : error
        }
    }

    private func withCancellation<Value: Sendable>(
        _ flag: Locked<Bool>,
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withTaskCancellationHandler {
            do throws(StoreError) {
                return Result<Value, StoreError>.success(try await body())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            flag.withLock { $0 = true }
        }
        return try result.get()
    }
}

extension MongoFailure {
    /// The server does not accept a resume token as one.
    fileprivate var isAboutToken: Bool { origin == .server && [9, 50_811, 260].contains(code) }
}

extension MongoClient {
    /// Where the feed stands now.
    fileprivate func currentCursor(
        in collection: CollectionName,
        of database: String
    ) throws(StoreError) -> FeedCursor {
        let token = unsafe try watch(
            collection.nameInMongoDB,
            of: database,
            from: nil,
            patience: .milliseconds(1),
            batchSize: 1
        ) { (_) throws(StoreError) in false }
        return FeedCursor(database: database, collection: collection, start: .token(token))
    }

    /// Makes a database exist that was dropped, by the collection of the library.
    fileprivate func createDatabase(_ database: String) throws(StoreError) {
        do throws(StoreError) {
            try createCollection(CollectionCatalog.collection, in: database)
        } catch  where error.code == .notPermitted {
            throw StoreError(
                .notPermitted,
                "The database is gone and the user may not create it; create a collection in it, or grant readWrite.",
                underlying: error.underlying
            )
        }
    }

    /// Reads documents that exist into the page, until it is full or they are through.
    fileprivate func readDocuments(
        into changes: inout [DocumentChange],
        from cursor: inout FeedCursor,
        limit: Int,
        now: WallTime
    ) throws(StoreError) {
        var start: DocumentPlace?
        if case .after(let place)? = cursor.scan { start = place }
        let rows = DocumentCursor(client: self, database: cursor.database, collection: cursor.collection, now: now)
        var found: [DocumentChange] = []
        var position = cursor
        let last = try rows.visit(after: start, count: limit, takesEach: true) { (row) throws(StoreError) in
            switch row {
            case .document(let document):
                position.scan = .after(document.place)
                found.append(
                    DocumentChange(
                        key: document.key,
                        kind: .written(document.stored),
                        continuation: position.continuation
                    )
                )
            case .unreadable(let row, let place):
                if let place { position.scan = .after(place) }
                found.append(
                    DocumentChange(key: row.key, kind: .unreadable(row), continuation: position.continuation)
                )
            }
            return found.count < limit ? .more : .full
        }
        changes += found
        cursor.scan = last.map { .after($0) }
    }

    /// Reads changes into the page, until it is full, or there is none left and one was seen or the patience is over.
    fileprivate func readChanges(
        into changes: inout [DocumentChange],
        from cursor: inout FeedCursor,
        limit: Int,
        now: WallTime,
        patience: Duration,
        awaitTime: Duration,
        isOver: () -> Bool
    ) throws(StoreError) {
        let start = ContinuousClock.now
        var position = cursor
        var found = changes
        var hasEnded = false
        let token = unsafe try watch(
            cursor.collection.nameInMongoDB,
            of: cursor.database,
            from: cursor.start,
            patience: min(max(patience, .milliseconds(1)), awaitTime),
            batchSize: limit - changes.count
        ) { (bytes) throws(StoreError) in
            guard let bytes = unsafe bytes else {
                return found.isEmpty && start.duration(to: .now) < patience && !isOver()
            }
            let event = try unsafe ChangeEvent(bytes, of: position.collection)
            if case .ended = event.kind {
                hasEnded = true
                return false
            }
            position.start = .token(event.token)
            if let change = event.change(in: position, now: now) { found.append(change) }
            return found.count < limit
        }
        if hasEnded, found.isEmpty {
            throw StoreError(
                .feedHistoryLost,
                "The collection was dropped or renamed, which ends its feed; begin again with a scan.",
                context: .init(collection: cursor.collection)
            )
        }
        // The stream's own token may be behind events that were filtered out; that of the last event is behind none unseen.
        cursor.start = found.count >= limit || hasEnded ? position.start : .token(token)
        changes = found
    }
}
