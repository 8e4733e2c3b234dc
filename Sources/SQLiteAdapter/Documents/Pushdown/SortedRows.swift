internal import MigrationCore

/// A page of a sorted query that SQL puts in order, if it knows the order of every value that is there.
///
/// What that depends on are the values, so one statement decides and answers: rows whose place SQL does not know come first.
/// If there is one, there is no page, and the caller sorts the documents themselves.
struct SortedRows {
    private let query: DocumentQuery
    private let cursor: QueryCursor
    private let size: Int
    private let now: WallTime
    private let parameters: SQLParameters
    private let sql: String

    private static let maximumFields = 4

    /// Nil where SQL cannot know: a filter or a path without translation, a cursor behind a value that it has no order for.
    init?(_ query: DocumentQuery, cursor: QueryCursor, pageSize: Int, now: WallTime) {
        guard FilterTranslation.isAvailable, query.sort.count <= Self.maximumFields else { return nil }
        var order = OrderTranslation(
            translation: FilterTranslation(parameters: SQLParameters(firstIndex: TranslatedRows.firstIndex))
        )
        guard let answer = order.translation.expression(query.filter) else { return nil }
        var columns: [String] = []
        for (index, field) in query.sort.enumerated() {
            guard case .places(let places) = BodyPath.meaning(of: field.path), places.count == 1 else { return nil }
            columns.append(order.columns(index, at: places[0]))
        }
        guard let after = Self.after(cursor, query.sort, &order) else { return nil }
        self.query = query
        self.cursor = cursor
        self.now = now
        size = min(pageSize, query.limit.map { max(0, $0 - cursor.returned) } ?? pageSize)
        parameters = order.translation.parameters
        // Each limit keeps SQLite from computing the columns below it once more wherever they are named. A body that SQL may
        // not look into is replaced, and its row is one without an answer.
        sql = """
            SELECT number, isOpen FROM (
                SELECT *, answer IS NULL\(query.sort.indices.map { " OR rank\($0) < 0" }.joined()) AS isOpen FROM (
                    SELECT number, partition, id, answer, \(columns.joined(separator: ", ")) FROM (
                        SELECT number, partition, id, CASE WHEN canonical = etag THEN body ELSE '{}' END AS body,
                            CASE WHEN canonical = etag THEN \(answer) END AS answer
                        FROM documents WHERE \(TranslatedRows.scope(query.partition))
                            AND (expires_at IS NULL OR expires_at > ?5) LIMIT -1
                    ) WHERE answer IS NOT 0 LIMIT -1
                )
            ) WHERE isOpen OR \(after) ORDER BY isOpen DESC, \(Self.terms(query.sort)), partition, id LIMIT ?6
            """
    }

    /// The page; nil if there is a row whose place SQL does not know. Inside a read transaction.
    func page(on connection: Connection) throws(StoreError) -> DocumentPage? {
        guard size > 0 else { return DocumentPage(documents: [], continuation: nil) }
        guard let numbers = try numbers(on: connection) else { return nil }
        var documents: [StoredDocument] = []
        for number in numbers.prefix(size) { documents.append(try document(number, on: connection)) }
        var next = cursor
        next.returned += documents.count
        guard let last = documents.last, numbers.count > size, next.returned < query.limit ?? .max else {
            return DocumentPage(documents: documents, continuation: nil)
        }
        next.position = .sorted(
            values: query.sort.map { last.document[path: $0.path] },
            partition: last.key.partition.text,
            id: last.key.id.text
        )
        return DocumentPage(documents: documents, continuation: next.continuation)
    }

    /// The rows of the page in their order, and one more if there is one.
    private func numbers(on connection: Connection) throws(StoreError) -> [Int64]? {
        let row = try connection.prepare(sql)
        try row.bind(1, query.collection.text)
        if let partition = query.partition { try row.bind(4, partition.text) }
        try row.bind(5, now.millisecondsSinceEpoch)
        try row.bind(6, Int64(clamping: size) &+ 1)
        if row.parameterCount >= TranslatedRows.firstIndex { try parameters.bind(to: row) }
        var numbers: [Int64] = []
        while try row.step() {
            if row.int64(1) != 0 { return nil }
            numbers.append(row.int64(0))
        }
        return numbers
    }

    private func document(_ number: Int64, on connection: Connection) throws(StoreError) -> StoredDocument {
        let row = try connection.statement(.documentByNumber)
        defer { row.reset() }
        try row.bind(1, number)
        var decoder = DocumentDecoder(collection: query.collection, now: now)
        guard try row.step() else { throw .sqliteMisuse("A row was gone inside a transaction.") }
        switch decoder.row(in: row) {
        case .document(let stored): return stored
        case .unreadable(let unreadable): throw unreadable.storeError(in: query.collection)
        case .expired: throw .sqliteMisuse("A row expired at a time that stands still.")
        }
    }

    // MARK: Parts of the statement

    private static func terms(_ sort: [SortField]) -> String {
        sort.enumerated().map { index, field in
            let direction = field.direction == .ascending ? "ASC" : "DESC"
            return ["rank", "number", "text"].map { "\($0)\(index) \(direction)" }.joined(separator: ", ")
        }.joined(separator: ", ")
    }

    /// What comes after the cursor's position.
    private static func after(
        _ cursor: QueryCursor,
        _ sort: [SortField],
        _ order: inout OrderTranslation
    ) -> String? {
        switch cursor.position {
        case nil: return "1"
        case .sorted(let values, let partition, let id) where values.count == sort.count:
            var isEqual = ""
            var cases: [String] = []
            for (index, field) in sort.enumerated() {
                guard let value = order.columns(of: values[index]) else { return nil }
                let columns = "(rank\(index), number\(index), text\(index))"
                cases.append("\(isEqual)\(columns) \(field.direction == .ascending ? ">" : "<") (\(value))")
                isEqual += "\(columns) = (\(value)) AND "
            }
            let place = "(\(order.translation.parameters.text(partition)), \(order.translation.parameters.text(id)))"
            cases.append("\(isEqual)(partition, id) > \(place)")
            return "(" + cases.joined(separator: " OR ") + ")"
        default: return nil
        }
    }
}

extension SQL {
    fileprivate static let documentByNumber: SQL = """
        SELECT \(DocumentDecoder.columns) FROM documents WHERE number = ?1
        """
}
