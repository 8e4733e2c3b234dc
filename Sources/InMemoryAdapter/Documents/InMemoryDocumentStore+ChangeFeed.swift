public import MigrationCore

extension InMemoryDocumentStore: ChangeFeed {
    public func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage {
        try Refusals.checkCancellation(id)
        let (page, point) = try id.naming { () throws(StoreError) in
            try DocumentRules.check(pageSize: limit)
            return try nextPage(of: collection, from: try begin(start, in: collection), limit: limit)
        }
        guard page.changes.isEmpty, patience > .zero else { return page }
        await state.wait(for: collection, upTo: patience, on: clock) { state in
            state.isClosed || (state.collections[collection]?.history.last ?? 0) > point.number
        }
        try Refusals.checkCancellation(id)
        return try id.naming { () throws(StoreError) in try nextPage(of: collection, from: point, limit: limit).page }
    }

    public func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try Refusals.checkCancellation(id)
        let number = try inspect { $0.collections[collection]?.history.last ?? 0 }
        return FeedPoint(store: instance, collection: collection, number: number).continuation
    }

    private func begin(_ start: ChangeFeedStart, in collection: CollectionName) throws(StoreError) -> FeedPoint {
        switch start {
        case .after(let continuation): return try FeedPoint(continuation, collection: collection)
        case .beginning:
            let (number, next) = try inspect { state in
                let stored = state.collections[collection]
                return (stored?.history.last ?? 0, stored?.nextNumber ?? 0)
            }
            return FeedPoint(store: instance, collection: collection, number: number, slots: 0..<next)
        }
    }

    /// The next page and the point behind it: first the documents that were there at the beginning, then what changed since.
    private func nextPage(
        of collection: CollectionName,
        from start: FeedPoint,
        limit: Int
    ) throws(StoreError) -> (page: ChangePage, point: FeedPoint) {
        let now = now()
        guard start.store == instance else { throw FeedPoint.lost(collection) }
        return try inspect { (state) throws(StoreError) in
            var point = start
            guard let stored = state.collections[collection] else {
                guard start.number == 0 else { throw FeedPoint.invalid(collection) }
                point.slots = nil
                return (ChangePage(changes: [], continuation: point.continuation), point)
            }
            guard start.number <= stored.history.last else { throw FeedPoint.invalid(collection) }
            guard start.number >= stored.history.oldestPoint else { throw FeedPoint.lost(collection) }
            var changes: [DocumentChange] = []
            if let slots = start.slots {
                let (documents, next) = stored.page(from: slots, size: limit) { !$0.isExpired(at: now) }
                for (number, document) in documents {
                    point.slots = number + 1..<slots.upperBound
                    changes.append(
                        DocumentChange(key: document.key, kind: .written(document), continuation: point.continuation)
                    )
                }
                point.slots = next.map { $0..<slots.upperBound }
            }
            if point.slots == nil, changes.count < limit {
                let (found, end) = stored.changes(after: start.number, limit: limit - changes.count, now: now)
                for (number, key, document) in found {
                    point.number = number
                    changes.append(
                        DocumentChange(
                            key: DocumentKey(collection: collection, partition: key.partition, id: key.id),
                            kind: document.map { .written($0) } ?? .deleted,
                            continuation: point.continuation
                        )
                    )
                }
                point.number = end
            }
            return (ChangePage(changes: changes, continuation: point.continuation), point)
        }
    }
}
