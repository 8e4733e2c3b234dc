internal import MigrationCore

/// Reads the rows of a collection in the order of their places, until the one who reads has enough.
struct DocumentPages {
    /// How many rows one page looks at, at most: a bound for the time that a lane is held by a filter that matches little.
    static let maximumRowCount = 50_000

    let collection: CollectionName
    let partition: PartitionKey?
    let now: WallTime

    /// What the reader says to a row.
    enum Verdict {
        case more
        /// The page is full with this row.
        case full
        /// The row comes after the end of the range; it is left out.
        case end
    }

    /// Visits rows after a place.
    ///
    /// - Returns: The place of the last row of the page; nil when nothing follows it.
    func visit(
        after place: DocumentPlace?,
        on connection: Connection,
        _ body: (DocumentRow, @autoclosure () -> DocumentPlace) throws(StoreError) -> Verdict
    ) throws(StoreError) -> DocumentPlace? {
        let row = try connection.statement(partition == nil ? .collectionRows : .partitionRows)
        defer { row.reset() }
        let place = place ?? .beginning
        try row.bind(1, collection.text)
        try row.bindText(2, utf8: place.partition)
        try row.bindText(3, utf8: place.id)
        if let partition { try row.bind(4, partition.text) }
        var decoder = DocumentDecoder(collection: collection, now: now)
        var count = 0
        while try row.step() {
            count += 1
            switch try body(decoder.row(in: row), decoder.place(in: row)) {
            case .end: return nil
            case .more where count < Self.maximumRowCount: continue
            case .more, .full:
                let last = decoder.place(in: row)
                return try row.step() ? last : nil
            }
        }
        return nil
    }
}

extension SQL {
    fileprivate static let collectionRows: SQL = """
        SELECT \(DocumentDecoder.columns) FROM documents
        WHERE collection = ?1 AND (partition, id) > (?2, ?3) ORDER BY partition, id
        """
    fileprivate static let partitionRows: SQL = """
        SELECT \(DocumentDecoder.columns) FROM documents
        WHERE collection = ?1 AND partition = ?4 AND (partition, id) > (?2, ?3) ORDER BY partition, id
        """
}
