internal import MigrationCore

/// What a page holds, in the order of places.
struct RowPage: Sendable {
    var documents: [StoredDocument] = []
    var unreadable: [UnreadableDocument] = []
    /// The place of the last document whose place could be read.
    var last: DocumentPlace?
    /// How many documents it looked at, with those that have expired.
    var count = 0

    mutating func add(_ row: FoundRow, now: WallTime) {
        count += 1
        last = row.place ?? last
        switch row {
        case .document(let found) where found.isExpired(at: now): break
        case .document(let found): documents.append(found.stored)
        case .unreadable(let row, _): unreadable.append(row)
        }
    }
}

/// Documents as the server sent them, handed over by the lane that fetches them so that they are decoded beside it.
///
/// Decoding takes about as long as the server needs, so a page costs the greater of the two instead of their sum.
struct RowBatches: Sendable {
    private let stream: AsyncStream<[[UInt8]]>
    private let sink: AsyncStream<[[UInt8]]>.Continuation

    init() { (stream, sink) = AsyncStream.makeStream() }

    func add(_ batch: [[UInt8]]) { sink.yield(batch) }

    /// Nothing comes any more. To be called at the end of every fetch, or decoding never ends.
    func finish() { sink.finish() }

    /// Decodes until nothing comes any more, or the task is cancelled; off the caller's actor.
    @concurrent
    func decoded(of collection: CollectionName, now: WallTime) async -> RowPage {
        var page = RowPage()
        for await batch in stream {
            for bytes in batch { page.add(StoredForm.row(in: bytes, of: collection), now: now) }
        }
        return page
    }
}

extension StoreError {
    /// Nothing of a page has an `_id` that can be read, so nothing says where the next one begins; it must not look like the end.
    static func placeless(_ collection: CollectionName) -> StoreError {
        StoreError(
            .corrupt,
            "No document of the page has an `_id` that can be read, so the scan cannot go on; repair them, or take larger pages.",
            context: .init(collection: collection)
        )
    }
}
