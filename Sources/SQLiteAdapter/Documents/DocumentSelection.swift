internal import MigrationCore

/// The documents of a collection that a filter selects, read in the order of their places.
///
/// SQL leaves out what it knows not to be selected; where it cannot tell, and in rows of other programs, the filter is
/// evaluated on the document itself, by the definition that all stores share. A document that does not parse can be neither
/// selected nor left out: it ends the call with `corrupt`.
///
/// Every method runs inside a read transaction: one view of the file for all statements of a call.
struct DocumentSelection {
    private let pages: DocumentPages
    private let filter: Filter
    private let translated: TranslatedRows?

    init(collection: CollectionName, partition: PartitionKey?, filter: Filter, now: WallTime) {
        pages = DocumentPages(collection: collection, partition: partition, now: now)
        self.filter = filter
        translated = TranslatedRows(collection: collection, partition: partition, filter: filter, now: now)
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
        if let translated {
            return try translated.visit(after: place, on: connection) { (row, isSelected) throws(StoreError) in
                try verdict(on: row, isSelected: isSelected, body)
            }
        }
        return try pages.visit(after: place, on: connection) { (row, _) throws(StoreError) in
            try verdict(on: row, isSelected: false, body)
        }
    }

    /// How many there are.
    func count(on connection: Connection) throws(StoreError) -> Int {
        var count = 0
        guard let translated else {
            try visitAll(on: connection) { _ in
                count += 1
                return true
            }
            return count
        }
        let (selected, open) = try translated.counts(on: connection)
        if open == 0 { return selected }
        try translated.visitOpen(on: connection) { (row) throws(StoreError) in
            try verdict(on: row, isSelected: false) { _ in
                count += 1
                return true
            }
        }
        return selected + count
    }

    /// Visits all of them, until `body` returns false.
    func visitAll(on connection: Connection, _ body: (StoredDocument) -> Bool) throws(StoreError) {
        var place: DocumentPlace?
        repeat {
            if connection.busy.wasCancelled { throw StoreError.cancelledCall }
            place = try visit(after: place, on: connection, body)
        } while place != nil
    }

    private func verdict(
        on row: DocumentRow,
        isSelected: Bool,
        _ body: (StoredDocument) -> Bool
    ) throws(StoreError) -> DocumentPages.Verdict {
        switch row {
        case .expired: return .more
        case .unreadable(let unreadable): throw unreadable.storeError(in: pages.collection)
        case .document(let stored):
            guard isSelected || filter.matches(stored.document) else { return .more }
            return body(stored) ? .more : .full
        }
    }
}
