internal import MigrationCore

/// The rows of a collection whose documents a filter selects or may select, as SQL with the filter in it.
///
/// Rows of which SQL knows that they are not selected never leave SQLite. Only bodies that this library wrote are looked into:
/// any other row is one that SQL cannot tell about.
struct TranslatedRows {
    /// What SQL says to a row that is not left out.
    typealias Visitor = (_ row: DocumentRow, _ isSelected: Bool) throws(StoreError) -> DocumentPages.Verdict

    let collection: CollectionName
    let partition: PartitionKey?
    let now: WallTime
    /// The parameters from `firstIndex` on.
    private let parameters: SQLParameters
    /// 1, 0 or null for each row, over the columns of `documents`.
    private let answer: String

    static let firstIndex: Int32 = 7

    /// Nil for a filter that SQL cannot say anything about, and for the one that selects everything.
    init?(collection: CollectionName, partition: PartitionKey?, filter: Filter, now: WallTime) {
        guard filter != .all, FilterTranslation.isAvailable else { return nil }
        var translation = FilterTranslation(parameters: SQLParameters(firstIndex: Self.firstIndex))
        guard let expression = translation.expression(filter) else { return nil }
        self.collection = collection
        self.partition = partition
        self.now = now
        parameters = translation.parameters
        answer = "CASE WHEN canonical = etag THEN \(expression) END"
    }

    /// Visits rows after a place.
    ///
    /// - Returns: The place of the last row of the page; nil when nothing follows it.
    func visit(
        after start: DocumentPlace?,
        on connection: Connection,
        _ body: Visitor
    ) throws(StoreError) -> DocumentPlace? {
        let start = start ?? .beginning
        // The limit bounds the rows that are looked at, and keeps the answer from being computed twice.
        let row = try statement(
            """
            SELECT partition, id, body, etag, expires_at, answer FROM (
                SELECT partition, id, body, etag, expires_at, \(answer) AS answer FROM documents
                WHERE \(Self.scope(partition)) AND (partition, id) > (?2, ?3) ORDER BY partition, id LIMIT ?6
            ) WHERE answer IS NOT 0 AND (expires_at IS NULL OR expires_at > ?5)
            """,
            after: start,
            on: connection
        )
        var decoder = DocumentDecoder(collection: collection, now: now)
        while try row.step() {
            switch try body(decoder.row(in: row), !row.isNull(5)) {
            case .more: continue
            case .end: return nil
            case .full:
                let last = decoder.place(in: row)
                return try row.step() ? last : try lastPlace(after: start, on: connection)
            }
        }
        return try lastPlace(after: start, on: connection)
    }

    /// Visits the rows of which SQL cannot tell whether they are selected.
    func visitOpen(
        on connection: Connection,
        _ body: (DocumentRow) throws(StoreError) -> DocumentPages.Verdict
    ) throws(StoreError) {
        let row = try statement(
            """
            SELECT \(DocumentDecoder.columns) FROM documents
            WHERE \(Self.scope(partition)) AND (expires_at IS NULL OR expires_at > ?5) AND (\(answer)) IS NULL
            ORDER BY partition, id
            """,
            after: .beginning,
            on: connection
        )
        var decoder = DocumentDecoder(collection: collection, now: now)
        while try row.step() {
            if case .more = try body(decoder.row(in: row)) { continue }
            return
        }
    }

    /// The place of the last row that a page looks at; nil when nothing follows it.
    private func lastPlace(
        after start: DocumentPlace,
        on connection: Connection
    ) throws(StoreError) -> DocumentPlace? {
        let row = try statement(
            """
            SELECT partition, id FROM documents WHERE \(Self.scope(partition)) AND (partition, id) > (?2, ?3)
            ORDER BY partition, id LIMIT 2 OFFSET ?6 - 1
            """,
            after: start,
            on: connection
        )
        guard try row.step() else { return nil }
        let place = DocumentPlace(partition: row.bytes(0), id: row.bytes(1))
        return try row.step() ? place : nil
    }

    /// How many rows are selected, and of how many SQL cannot tell.
    func counts(on connection: Connection) throws(StoreError) -> (selected: Int, open: Int) {
        let row = try statement(
            """
            SELECT coalesce(sum(answer), 0), count(*) - count(answer) FROM (
                SELECT \(answer) AS answer FROM documents
                WHERE \(Self.scope(partition)) AND (expires_at IS NULL OR expires_at > ?5) LIMIT -1
            )
            """,
            after: .beginning,
            on: connection
        )
        guard try row.step() else { return (0, 0) }
        return (Int(row.int64(0)), Int(row.int64(1)))
    }

    // MARK: Statements

    static func scope(_ partition: PartitionKey?) -> String {
        partition == nil ? "collection = ?1" : "collection = ?1 AND partition = ?4"
    }

    private func statement(
        _ sql: String,
        after start: DocumentPlace,
        on connection: Connection
    ) throws(StoreError) -> Statement {
        let statement = try connection.prepare(sql)
        try statement.bind(1, collection.text)
        try statement.bindText(2, utf8: start.partition)
        try statement.bindText(3, utf8: start.id)
        if let partition { try statement.bind(4, partition.text) }
        try statement.bind(5, now.millisecondsSinceEpoch)
        // The number of a parameter is bound only where the text goes that far.
        if statement.parameterCount >= 6 { try statement.bind(6, Int64(DocumentPages.maximumRowCount)) }
        if statement.parameterCount >= Self.firstIndex { try parameters.bind(to: statement) }
        return statement
    }
}
