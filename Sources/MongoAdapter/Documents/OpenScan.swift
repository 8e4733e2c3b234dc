internal import MigrationCore

/// The open cursor of a reader, and what it has read ahead.
///
/// Used on the lane of the client that holds it, which the reader tells what to do.
final class OpenScan {
    private let database: String
    private let collection: String
    private let lower: DocumentPlace?
    private let upper: DocumentPlace?
    private var cursor: MongoCursor?
    /// The place after which the cursor was opened, until its first document was compared with it.
    private var skipped: DocumentPlace?
    /// Whether the greatest key of all has to be looked for by itself.
    private var lacksGreatest = false
    private var isOver = false
    private var ahead: [[UInt8]] = []

    init(database: String, collection: CollectionName, lower: DocumentPlace?, upper: DocumentPlace?) {
        self.database = database
        self.collection = collection.nameInMongoDB
        self.lower = lower
        self.upper = upper
    }

    /// Hands over the next documents: those that were read ahead, or others that are read now.
    ///
    /// - Parameters:
    ///   - count: how many at most.
    ///   - place: the last document that the reader has; where to begin anew when there is no cursor.
    /// - Returns: How many there were, and whether nothing follows them.
    func take(
        _ count: Int,
        after place: DocumentPlace?,
        on client: MongoClient,
        into batches: RowBatches
    ) throws(StoreError) -> (count: Int, isOver: Bool) {
        if !ahead.isEmpty {
            let part = Array(ahead.prefix(count))
            ahead.removeFirst(part.count)
            batches.add(part)
            return (part.count, isOver && ahead.isEmpty)
        }
        var taken = 0
        let size = DocumentCursor.Reading(limit: count).batch
        while taken < count, !isOver {
            let batch = try fetch(min(size, count - taken), asking: size, after: place, on: client)
            taken += batch.count
            batches.add(batch)
        }
        return (taken, isOver)
    }

    /// Reads as many documents as a page holds before they are asked for. What fails is tried again when they are.
    func readAhead(_ count: Int, on client: MongoClient) {
        guard ahead.isEmpty, !isOver, cursor != nil else { return }
        ahead = (try? fetch(count, asking: count, after: nil, on: client)) ?? []
    }

    /// The next documents; fewer only at the end. An error ends the cursor, and what it gave in this call is given again.
    private func fetch(
        _ count: Int,
        asking size: Int,
        after place: DocumentPlace?,
        on client: MongoClient
    ) throws(StoreError) -> [[UInt8]] {
        do throws(StoreError) {
            var batch: [[UInt8]] = []
            batch.reserveCapacity(count)
            if cursor == nil { try open(after: place, batch: size, on: client) }
            cursor?.setBatch(size)
            while batch.count < count {
                guard let bytes = try unsafe cursor?.next() else {
                    guard lacksGreatest else {
                        cursor = nil
                        isOver = true
                        break
                    }
                    lacksGreatest = false
                    cursor = try client.openFind(
                        DocumentCursor.greatest,
                        in: collection,
                        of: database,
                        options: ["hint": ["_id": 1]]
                    )
                    continue
                }
                if let place = skipped {
                    skipped = nil
                    if unsafe StoredForm.place(in: bytes) == place { continue }
                }
                unsafe batch.append([UInt8](bytes))
            }
            return batch
        } catch {
            cursor = nil
            throw error
        }
    }

    private func open(after place: DocumentPlace?, batch: Int, on client: MongoClient) throws(StoreError) {
        let start = place ?? lower
        skipped = place
        lacksGreatest = start != nil && upper == nil && place?.value != .maxKey
        if start?.value == .maxKey {
            // Nothing but the greatest key itself is left, and a range that begins with it has it.
            isOver = !lacksGreatest
            return
        }
        let options = DocumentCursor.options(from: start, to: upper, batch: batch)
        cursor = try client.openFind(Document(), in: collection, of: database, options: options)
    }
}
