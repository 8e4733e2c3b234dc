internal import MigrationCore

/// What a page holds, in the order of places.
struct RowPage: Sendable {
    var documents: [StoredDocument] = []
    var unreadable: [UnreadableDocument] = []
    /// The place of the last document whose place could be read.
    var last: DocumentPlace?

    mutating func add(_ row: FoundRow, now: WallTime) {
        last = row.place ?? last
        switch row {
        case .document(let found) where found.isExpired(at: now): break
        case .document(let found): documents.append(found.stored)
        case .unreadable(let row, _): unreadable.append(row)
        }
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
