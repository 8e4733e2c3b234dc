internal import MigrationCore

/// The open cursor of a reader, and what it has read ahead.
///
/// Used on the lane of the client that holds it, which the reader tells what to do.
final class OpenScan {
    private let database: String
    private let collection: String
    private let lower: DocumentPlace?
    private let upper: DocumentPlace?
    private var phase: Phase = .closed
    /// What was read ahead, and how many documents that has at most.
    private var ahead: (batch: DocumentBatch, atMost: Int)?

    private enum Phase {
        /// There is no cursor, or one that failed: the next call opens one behind what the reader has.
        case closed
        /// The cursor may give the place that it was opened at once more, and the greatest key of all may have to be looked for after it.
        case open(BatchCursor, skipping: DocumentPlace?, lacksGreatest: Bool)
        /// Only the greatest key is left.
        case greatest
        case over
    }

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
    /// - Returns: The documents, nil for none, and whether nothing follows them. None and more to follow does not happen.
    func take(
        _ count: Int,
        after place: DocumentPlace?,
        on client: MongoClient
    ) throws(StoreError) -> (batch: DocumentBatch?, isOver: Bool) {
        guard let ahead else {
            let batch = try fetch(count, after: place, on: client)
            return (batch, isOver)
        }
        self.ahead = nil
        guard ahead.atMost > count else { return (ahead.batch, isOver) }
        var rest = ahead.batch
        let part = try rest.prefix(count)
        if !rest.isEmpty { self.ahead = (rest, ahead.atMost - count) }
        return (part, isOver && rest.isEmpty)
    }

    /// Reads about as many documents as a page holds before they are asked for. What fails is tried again when they are.
    func readAhead(_ count: Int, on client: MongoClient) {
        guard ahead == nil else { return }
        switch phase {
        case .closed, .over: break
        case .open, .greatest:
            if let batch = try? fetch(count, after: nil, on: client) { ahead = (batch, count) }
        }
    }

    private var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    /// The next documents, up to so many; nil when there are none. An error ends the cursor.
    private func fetch(
        _ count: Int,
        after place: DocumentPlace?,
        on client: MongoClient
    ) throws(StoreError) -> DocumentBatch? {
        let before = phase
        phase = .closed
        switch before {
        case .over:
            phase = .over
            return nil
        case .closed:
            let start = place ?? lower
            // An index scan with a lower bound alone ends before the greatest key.
            let lacksGreatest = start != nil && upper == nil && place?.value != .maxKey
            guard start?.value != .maxKey else {
                // Nothing but the greatest key itself is left, and a range that begins with it has it.
                phase = lacksGreatest ? .greatest : .over
                return try fetch(count, after: nil, on: client)
            }
            let cursor = try BatchCursor(client, database: database, collection: collection)
            let options = DocumentCursor.options(from: start, to: upper, batch: count)
            let batch = try cursor.find(Document(), options: options, on: client)
            return try goOn(batch, of: cursor, count, skipping: place, lacksGreatest: lacksGreatest, on: client)
        case .open(let cursor, let skipped, let lacksGreatest):
            let batch = try cursor.next(count, on: client)
            return try goOn(batch, of: cursor, count, skipping: skipped, lacksGreatest: lacksGreatest, on: client)
        case .greatest:
            let cursor = try BatchCursor(client, database: database, collection: collection)
            let batch = try cursor.find(DocumentCursor.greatest, options: ["hint": ["_id": 1]], on: client)
            phase = .over
            return batch.isEmpty ? nil : batch
        }
    }

    /// What a cursor gave, without the place that it was opened at; the next documents when nothing is left of that.
    private func goOn(
        _ given: DocumentBatch,
        of cursor: BatchCursor,
        _ count: Int,
        skipping place: DocumentPlace?,
        lacksGreatest: Bool,
        on client: MongoClient
    ) throws(StoreError) -> DocumentBatch? {
        var batch = given
        var skipped = place
        if let place, !given.isEmpty {
            skipped = nil
            batch = try given.dropping(place)
        }
        phase =
            if !cursor.isOver {
                .open(cursor, skipping: skipped, lacksGreatest: lacksGreatest)
            } else {
                lacksGreatest ? .greatest : .over
            }
        return batch.isEmpty ? try fetch(count, after: nil, on: client) : batch
    }
}
