internal import MigrationCore

/// Reads single pages of a collection.
struct RowReader: Sendable {
    let store: MongoDocumentStore
    let collection: CollectionName
    let lower: DocumentPlace?
    let upper: DocumentPlace?

    /// Reads up to so many documents from the lower bound on, or after a place.
    ///
    /// - Returns: The page, and where the next one begins; nil when nothing follows.
    func page(after place: DocumentPlace?, count: Int) async throws(StoreError) -> (RowPage, next: DocumentPlace?) {
        let now = store.now()
        let batches = RowBatches()
        async let fetching = fetch(after: place, count: count, now: now, into: batches)
        let page = await batches.decoded(of: collection, now: now)
        let (fetched, isOver) = try await fetching.get()
        // A cancelled task stops to decode, though all has come.
        guard page.count == fetched else { throw .cancelledCall }
        guard isOver || page.last != nil else { throw .placeless(collection) }
        return (page, isOver ? nil : page.last)
    }

    /// Hands over what the server sends, batch by batch, so that the next one is asked for while this one is decoded.
    ///
    /// - Returns: How many documents there were, and whether nothing follows them.
    private func fetch(
        after place: DocumentPlace?,
        count: Int,
        now: WallTime,
        into batches: RowBatches
    ) async -> Result<(count: Int, isOver: Bool), StoreError> {
        defer { batches.finish() }
        let (lanes, database) = (store.connection.lanes, store.database)
        do throws(StoreError) {
            let end = try await lanes.run { (client) throws(StoreError) -> (count: Int, isOver: Bool) in
                let cursor = DocumentCursor(
                    client: client,
                    database: database,
                    collection: collection,
                    lower: lower,
                    upper: upper,
                    now: now
                )
                let reading = DocumentCursor.Reading(limit: count)
                var batch: [[UInt8]] = []
                var fetched = 0
                let isOver = try unsafe cursor.read(after: place, reading) { (bytes) throws(StoreError) in
                    unsafe batch.append([UInt8](bytes))
                    fetched += 1
                    if batch.count == reading.batch {
                        batches.add(batch)
                        batch = []
                    }
                    return .more
                }
                if !batch.isEmpty { batches.add(batch) }
                return (fetched, isOver)
            }
            return .success(end)
        } catch {
            return .failure(error)
        }
    }
}
