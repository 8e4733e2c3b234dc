internal import MigrationCore

/// The log that the triggers write, as one read transaction sees it.
struct ChangeLog {
    private let connection: Connection
    /// The random id of the file.
    let file: String
    /// The number of the first change that is kept; 1 while there is none.
    private let first: Int64
    /// The number of the last change; 0 while there is none.
    let last: Int64

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        let row = try connection.statement(.bounds)
        defer { row.reset() }
        guard try row.step(), !row.isNull(0) else {
            throw StoreError(.corrupt, "The file has lost its identity; restore a backup.")
        }
        file = row.text(0)
        first = row.isNull(1) ? 1 : row.int64(1)
        last = row.int64(2)
    }

    /// Whether every change after this one is still known. A file that was restored from a backup may end before it.
    func holds(changesAfter sequence: Int64) -> Bool {
        sequence >= first - 1 && sequence <= last
    }

    func hasExpired(in collection: CollectionName, now: WallTime) throws(StoreError) -> Bool {
        let row = try connection.statement(.expired)
        defer { row.reset() }
        try row.bind(1, collection.text)
        try row.bind(2, now.millisecondsSinceEpoch)
        return try row.step()
    }

    /// The documents that exist, as the feed from the beginning shows them first.
    func readDocuments(
        into changes: inout [DocumentChange],
        from cursor: inout FeedCursor,
        limit: Int,
        now: WallTime
    ) throws(StoreError) {
        let pages = DocumentPages(collection: cursor.collection, partition: nil, now: now)
        let start = cursor.place
        var passed = cursor
        let last = try pages.visit(after: start, on: connection) { (row, place) throws(StoreError) in
            passed.place = place()
            if let change = DocumentChange(row, continuation: passed.continuation) { changes.append(change) }
            return changes.count < limit ? .more : .full
        }
        cursor.place = last
    }

    /// The changes after the cursor. Of several changes of one key in a page only the last is shown.
    func readChanges(
        into changes: inout [DocumentChange],
        from cursor: inout FeedCursor,
        limit: Int,
        now: WallTime
    ) throws(StoreError) {
        let asked = limit - changes.count
        let row = try connection.statement(.changes)
        defer { row.reset() }
        try row.bind(1, cursor.sequence)
        try row.bind(2, cursor.collection.text)
        try row.bind(3, Int64(asked))
        var decoder = DocumentDecoder(collection: cursor.collection, now: now, offset: 2)
        var found: [(place: DocumentPlace, change: DocumentChange?)] = []
        var latest: [DocumentPlace: Int] = [:]
        while try row.step() {
            cursor.sequence = row.int64(0)
            let place = decoder.place(in: row)
            latest[place] = found.count
            found.append((place, decoder.change(in: row, continuation: cursor.continuation)))
        }
        for (index, entry) in found.enumerated() where latest[entry.place] == index {
            if let change = entry.change { changes.append(change) }
        }
        // Less than asked for: the rest of the log is of other collections.
        if found.count < asked { cursor.sequence = max(cursor.sequence, last) }
    }
}

extension DocumentDecoder {
    /// The change that a row of the log stands for: `sequence, is_delete`, then the columns of the document.
    ///
    /// - Returns: Nil for a write of a document that is gone since: its removal is a change of its own, further on.
    fileprivate mutating func change(in row: Statement, continuation: Continuation) -> DocumentChange? {
        if row.int64(1) != 0 {
            do throws(DocumentError) {
                return DocumentChange(key: try key(in: row), kind: .deleted, continuation: continuation)
            } catch {
                let unreadable = UnreadableDocument(key: nil, bytes: [], error: error)
                return DocumentChange(key: nil, kind: .unreadable(unreadable), continuation: continuation)
            }
        }
        return row.isNull(4) ? nil : DocumentChange(self.row(in: row), continuation: continuation)
    }
}

extension DocumentChange {
    fileprivate init?(_ row: DocumentRow, continuation: Continuation) {
        switch row {
        case .document(let document):
            self.init(key: document.key, kind: .written(document), continuation: continuation)
        case .unreadable(let unreadable):
            self.init(key: unreadable.key, kind: .unreadable(unreadable), continuation: continuation)
        case .expired:
            return nil
        }
    }
}

extension SQL {
    fileprivate static let bounds: SQL = """
        SELECT (SELECT file FROM identity), (SELECT min(sequence) FROM changes), (SELECT max(sequence) FROM changes)
        """
    fileprivate static let expired: SQL = """
        SELECT 1 FROM documents WHERE collection = ?1 AND expires_at <= ?2 LIMIT 1
        """
    fileprivate static let changes: SQL = """
        SELECT c.sequence, c.is_delete, c.partition, c.id, d.body, d.etag, d.expires_at
        FROM changes AS c LEFT JOIN documents AS d
            ON d.collection = c.collection AND d.partition = c.partition AND d.id = c.id
        WHERE c.sequence > ?1 AND c.collection = ?2 ORDER BY c.sequence LIMIT ?3
        """
}
