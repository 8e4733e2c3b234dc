internal import CutoverBlockingLanes
internal import MigrationCore

/// Reads a range with one cursor, a page ahead of its caller.
///
/// The cursor belongs to one client, so everything runs on the lane of that one.
final class CursorReader: RangeReader {
    private let store: MongoDocumentStore
    private let range: ScanRange
    private let cursor: ScanCursor
    private let lower: DocumentPlace?
    private let upper: DocumentPlace?
    private let lane: Int
    private let number = UInt64.random(in: .min ... .max)
    private let progress: Locked<Progress>

    /// How far the caller has come.
    private struct Progress {
        var place: DocumentPlace?
        var isOver = false
    }

    init(_ store: MongoDocumentStore, _ range: ScanRange, after continuation: Continuation?) throws(StoreError) {
        try CollectionCatalog.check(range.collection, database: store.database)
        self.store = store
        self.range = range
        cursor = try ScanCursor(range, after: continuation)
        lower = try DocumentPlace.bound(range.lowerBound)
        upper = try DocumentPlace.bound(range.upperBound)
        progress = Locked(Progress(place: try DocumentPlace.position(cursor.position)))
        lane = store.connection.lanes.reserve()
    }

    deinit {
        endScan()
        store.connection.lanes.giveBack(lane)
    }

    /// Ends the cursor, behind what is queued on its lane. Where the lane has ended, the cursor has, too.
    private func endScan() {
        let number = number
        store.connection.lanes.submit(on: lane) { client in
            if case .success(let client) = client { client.openScans[number] = nil }
        }
    }

    func next(pageSize: Int) async throws(StoreError) -> ScanPage {
        try await store.named { () async throws(StoreError) -> ScanPage in
            try DocumentRules.check(pageSize: pageSize)
            return try await self.page(min(pageSize, DocumentCursor.maximumRowCount))
        }
    }

    private func page(_ count: Int) async throws(StoreError) -> ScanPage {
        let from = progress.withLock { $0 }
        if from.isOver { return ScanPage(documents: [], continuation: nil) }
        let now = store.now()
        do throws(StoreError) {
            let (batch, isOver) = try await take(count, after: from.place)
            // The lane reads ahead meanwhile.
            let page = try await batch?.decoded(of: range.collection, now: now) ?? RowPage()
            let place = page.last ?? from.place
            guard isOver || page.last != nil else { throw .placeless(range.collection) }
            progress.withLock { $0 = Progress(place: place, isOver: isOver) }
            return ScanPage(
                documents: page.documents,
                unreadable: page.unreadable,
                continuation: isOver ? nil : place.map { cursor.continuation(at: $0.text) }
            )
        } catch {
            // The cursor may have gone past what the caller got: the next call begins behind that.
            endScan()
            throw error
        }
    }

    private func take(
        _ count: Int,
        after place: DocumentPlace?
    ) async throws(StoreError) -> (batch: DocumentBatch?, isOver: Bool) {
        let (database, collection, lanes) = (store.database, range.collection, store.connection.lanes)
        let (number, lane, lower, upper) = (number, lane, lower, upper)
        return try await lanes.run(on: lane) {
            (client) throws(StoreError) -> (batch: DocumentBatch?, isOver: Bool) in
            let scan =
                client.openScans[number]
                ?? OpenScan(database: database, collection: collection, lower: lower, upper: upper)
            client.openScans[number] = scan
            let taken = try scan.take(count, after: place, on: client)
            if taken.isOver {
                client.openScans[number] = nil
            } else {
                // Next on this lane, while what was taken is decoded. The scan is gone by then when the reader is.
                lanes.submit(on: lane) { client in
                    if case .success(let client) = client { client.openScans[number]?.readAhead(count, on: client) }
                }
            }
            return taken
        }
    }
}
