internal import MigrationCore

/// Loops over the C API that do with events what the adapter does, without digests, decisions or idempotency.
struct RawEvents {
    private static let columns = """
        position, stream, version, id, type, schema_version, occurred_at, recorded_at, correlation_id, causation_id, actor, \
        metadata, payload, digest
        """
    private static let columnCount: Int32 = 14

    private let connection: RawConnection
    private let readHead: RawStatement
    private let updateHead: RawStatement
    private let insert: RawStatement
    private let page: RawStatement
    private let lastVersion: RawStatement
    private let tenant = Array(EventFixture.tenant.text.utf8)

    /// Opens a file in which the tenant's head exists.
    init(_ path: String, durability: String = "FULL") throws {
        connection = try RawConnection(path, durability: durability)
        readHead = try connection.prepare("SELECT position, digest, epoch, route, role FROM heads WHERE tenant = ?1")
        updateHead = try connection.prepare("UPDATE heads SET position = ?1, digest = ?2 WHERE tenant = ?3")
        insert = try connection.prepare(
            """
            INSERT INTO events (\(Self.columns), tenant)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """
        )
        page = try connection.prepare(
            "SELECT \(Self.columns) FROM events WHERE tenant = ?1 AND position > ?2 ORDER BY position LIMIT ?3"
        )
        lastVersion = try connection.prepare("SELECT max(version) FROM events WHERE tenant = ?1 AND stream = ?2")
        for (statement, index) in [(readHead, 1), (updateHead, 3), (insert, 15), (page, 1), (lastVersion, 1)] {
            statement.bind(Int32(index), text: tenant)
        }
    }

    /// Appends events one by one, each in a transaction that reads the head and the stream's version and updates the head.
    func append(_ rows: [EventFixture.Row]) throws {
        let digest = [UInt8](repeating: 7, count: 32)
        for row in rows {
            try connection.execute("BEGIN IMMEDIATE")
            guard try readHead.step() else { throw RawFailure("the tenant has no head") }
            let position = readHead.int64(0) + 1
            readHead.reset()
            lastVersion.bind(2, text: row.stream)
            let version = try lastVersion.step() ? lastVersion.int64(0) + 1 : 1
            lastVersion.reset()
            insert.bind(1, position)
            insert.bind(2, text: row.stream)
            insert.bind(3, version)
            insert.bind(4, blob: row.id)
            insert.bind(5, text: row.type)
            insert.bind(6, 1)
            insert.bind(7, row.time)
            insert.bind(8, row.time)
            insert.bind(11, text: row.actor)
            insert.bind(12, blob: row.metadata)
            insert.bind(13, blob: row.payload)
            insert.bind(14, blob: digest)
            try insert.run()
            try updateHead(position, digest)
            try connection.execute("COMMIT")
        }
    }

    /// Copies the log of another file in pages, each in one transaction that reads and updates the head.
    func copy(from source: RawEvents, pageSize: Int64) throws {
        var after: Int64 = 0
        var digest: [UInt8] = []
        while true {
            let start = after
            try connection.execute("BEGIN IMMEDIATE")
            guard try readHead.step(), readHead.int64(0) == after else { throw RawFailure("the head is elsewhere") }
            readHead.reset()
            source.page.bind(2, after)
            source.page.bind(3, pageSize)
            while try source.page.step() {
                for column in 0..<Self.columnCount { insert.bind(column + 1, column: column, of: source.page) }
                try insert.run()
                after = source.page.int64(0)
                digest.removeAll(keepingCapacity: true)
                source.page.copy(13, to: &digest)
            }
            source.page.reset()
            if after > start { try updateHead(after, digest) }
            try connection.execute("COMMIT")
            if after - start < pageSize { return }
        }
    }

    /// Reads the whole log in pages and copies the bytes of every column out.
    ///
    /// - Returns: how many bytes there were.
    func scan(pageSize: Int64) throws -> Int {
        var after: Int64 = 0
        var buffer: [UInt8] = []
        var total = 0
        while true {
            let start = after
            page.bind(2, after)
            page.bind(3, pageSize)
            while try page.step() {
                buffer.removeAll(keepingCapacity: true)
                for column in [0, 2, 5, 6, 7] as [Int32] {
                    withUnsafeBytes(of: page.int64(column)) { buffer.append(contentsOf: $0) }
                }
                for column in [1, 3, 4, 8, 9, 10, 11, 12, 13] as [Int32] { page.copy(column, to: &buffer) }
                total += buffer.count
                after = page.int64(0)
            }
            page.reset()
            if after - start < pageSize { return total }
        }
    }

    private func updateHead(_ position: Int64, _ digest: [UInt8]) throws {
        updateHead.bind(1, position)
        updateHead.bind(2, blob: digest)
        try updateHead.run()
    }
}
