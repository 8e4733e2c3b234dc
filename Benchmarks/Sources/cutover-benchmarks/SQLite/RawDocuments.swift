internal import MigrationCore

/// Loops over the C API that do with documents what the adapter does, with bodies and etags that are there already.
struct RawDocuments {
    private let connection: RawConnection
    private let upsert: RawStatement
    private let read: RawStatement
    private let collection = Array(DocumentFixture.collection.text.utf8)
    private let partition = Array(PartitionKey.unpartitioned.text.utf8)

    /// Opens a file that the adapter created.
    init(_ path: String, durability: String = "FULL") throws {
        connection = try RawConnection(path, durability: durability)
        upsert = try connection.prepare(
            """
            INSERT INTO documents (collection, partition, id, body, etag, expires_at, canonical)
            VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?5)
            ON CONFLICT (collection, partition, id) DO UPDATE SET body = excluded.body, etag = excluded.etag,
                expires_at = excluded.expires_at, canonical = excluded.canonical
            """
        )
        read = try connection.prepare(
            "SELECT body, etag, expires_at FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3"
        )
        for statement in [upsert, read] {
            statement.bind(1, text: collection)
            statement.bind(2, text: partition)
        }
    }

    /// Writes rows in transactions of `batchSize`.
    func upsert(_ rows: [DocumentFixture.Row], batchSize: Int) throws {
        for start in stride(from: 0, to: rows.count, by: batchSize) {
            try connection.execute("BEGIN IMMEDIATE")
            for index in start..<min(start + batchSize, rows.count) {
                upsert.bind(3, text: rows[index].id)
                upsert.bind(4, text: rows[index].body)
                upsert.bind(5, text: rows[index].etag)
                try upsert.run()
            }
            try connection.execute("COMMIT")
        }
    }

    /// Reads documents one by one and copies body and etag out.
    func read(_ ids: [[UInt8]]) throws -> Int {
        var buffer: [UInt8] = []
        var total = 0
        for id in ids {
            read.bind(3, text: id)
            guard try read.step() else { throw RawFailure("a document is missing") }
            buffer.removeAll(keepingCapacity: true)
            read.copy(0, to: &buffer)
            read.copy(1, to: &buffer)
            total += buffer.count + Int(read.int64(2))
            read.reset()
        }
        return total
    }
}
