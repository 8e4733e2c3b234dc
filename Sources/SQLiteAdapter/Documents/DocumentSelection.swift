internal import MigrationCore

/// The documents of a collection that a filter selects, read in the order of their places.
///
/// The filter is evaluated on the document itself, by the definition that all stores share. A document that does not parse can
/// be neither selected nor left out: it ends the call with `corrupt`.
struct DocumentSelection {
    private let pages: DocumentPages
    private let filter: Filter

    init(collection: CollectionName, partition: PartitionKey?, filter: Filter, now: WallTime) {
        pages = DocumentPages(collection: collection, partition: partition, now: now)
        self.filter = filter
    }

    init(_ query: DocumentQuery, now: WallTime) {
        self.init(collection: query.collection, partition: query.partition, filter: query.filter, now: now)
    }

    /// Visits documents after a place until `body` returns false or the page has looked at enough rows.
    ///
    /// - Returns: Where to go on; nil at the end.
    func visit(
        after place: DocumentPlace?,
        on connection: Connection,
        _ body: (StoredDocument) -> Bool
    ) throws(StoreError) -> DocumentPlace? {
        try pages.visit(after: place, on: connection) { (row, _) throws(StoreError) in
            switch row {
            case .expired: return .more
            case .unreadable(let unreadable): throw unreadable.storeError(in: pages.collection)
            case .document(let stored):
                guard filter.matches(stored.document) else { return .more }
                return body(stored) ? .more : .full
            }
        }
    }

    /// Visits all of them, in one unchanging view of the file.
    func visitAll(on connection: Connection, _ body: (StoredDocument) -> Void) throws(StoreError) {
        try connection.readTransaction { () throws(StoreError) in
            var place: DocumentPlace?
            repeat {
                if connection.busy.wasCancelled { throw StoreError.cancelledCall }
                place = try visit(after: place, on: connection) { document in
                    body(document)
                    return true
                }
            } while place != nil
        }
    }
}
