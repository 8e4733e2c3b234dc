internal import MigrationCore

extension MongoClient {
    /// Creates the collections of the event store with their indexes; what is there stays.
    func createEventCollections(in database: String) throws(StoreError) {
        try createCollection(EventNames.heads, in: database)
        try createCollection(EventNames.events, in: database)
        try createIndexes(
            [
                [
                    "name": .string(EventNames.versionIndex), "unique": true,
                    "key": ["_id.tenant": 1, "event.stream": 1, "event.version": 1],
                ],
                [
                    "name": .string(EventNames.idIndex), "unique": true,
                    "key": ["_id.tenant": 1, "event.id": 1],
                ],
            ],
            on: EventNames.events,
            in: database
        )
    }

    /// Creates what is missing of the collections of the event store, as after the database was dropped.
    func ensureEventCollections(in database: String) throws(StoreError) {
        if try !hasEventIndexes(in: database) { try createEventCollections(in: database) }
    }

    /// Whether the unique indexes are there that stand behind versions and event ids.
    ///
    /// - Parameter milliseconds: how long to wait for who holds the collection; as long as a reply may take without it.
    func hasEventIndexes(in database: String, maximumMilliseconds milliseconds: Int32? = nil) throws(StoreError) -> Bool
    {
        var command: Document = ["listIndexes": .string(EventNames.events)]
        if let milliseconds { command.append("maxTimeMS", .int32(milliseconds)) }
        do throws(StoreError) {
            let reply = try self.command(command, on: database, .plain)
            guard case .array(let indexes)? = reply[path: "cursor.firstBatch"] else { return false }
            let names = indexes.compactMap { if case .document(let index) = $0 { index["name"] } else { nil } }
            return names.contains(.string(EventNames.versionIndex)) && names.contains(.string(EventNames.idIndex))
        } catch  where error.mongoFailure?.code == ServerCode.namespaceNotFound {
            return false
        }
    }

    /// Creates a collection unless it exists.
    func createCollection(_ name: String, in database: String) throws(StoreError) {
        do throws(StoreError) {
            _ = try command(["create": .string(name)], on: database, .write)
        } catch  where error.mongoFailure?.code == ServerCode.namespaceExists {}
    }

    /// Creates those of the indexes that do not exist.
    func createIndexes(_ indexes: [Document], on collection: String, in database: String) throws(StoreError) {
        let command: Document = [
            "createIndexes": .string(collection), "indexes": .array(indexes.map(Value.document)),
            "commitQuorum": "majority",
        ]
        _ = try self.command(command, on: database, .write)
    }

    func head(
        of tenant: TenantID,
        in database: String,
        session: MongoSession? = nil
    ) throws(StoreError) -> TenantHead? {
        var found: TenantHead?
        unsafe try find(
            ["_id": .string(tenant.text)],
            in: EventNames.heads,
            of: database,
            options: ["limit": 1],
            in: session
        ) { (bytes) throws(StoreError) in
            found = try HeadDocument.head(in: try unsafe Document(storedBSON: bytes), of: tenant)
            return false
        }
        return found
    }

    /// The events that a filter selects, in an order.
    func events(
        of tenant: TenantID,
        in database: String,
        where filter: Document,
        sort: Document? = nil,
        limit: Int? = nil,
        readConcern: ReadConcern? = nil,
        session: MongoSession? = nil
    ) throws(StoreError) -> [StoredEvent] {
        var options = Document()
        if let readConcern { options.append("readConcern", ["level": .string(readConcern.rawValue)]) }
        if let sort { options.append("sort", .document(sort)) }
        if let limit {
            options.append("limit", .int64(Int64(limit)))
            options.append("batchSize", .int64(Int64(min(limit, 100_000))))
        }
        var events: [StoredEvent] = []
        unsafe try find(
            filter,
            in: EventNames.events,
            of: database,
            options: options,
            in: session
        ) { (bytes) throws(StoreError) in
            events.append(try unsafe EventDocument.event(in: bytes, of: tenant))
            return true
        }
        return events
    }

    /// The version of a stream's last event; 0 when it has none.
    func version(
        of stream: StreamID,
        tenant: TenantID,
        in database: String,
        session: MongoSession? = nil
    ) throws(StoreError) -> Int64 {
        var version: Int64 = 0
        unsafe try find(
            ["_id.tenant": .string(tenant.text), "event.stream": .string(stream.text)],
            in: EventNames.events,
            of: database,
            options: [
                "sort": ["event.version": -1], "limit": 1, "projection": ["_id": 0, "event.version": 1],
            ],
            in: session
        ) { (bytes) throws(StoreError) in
            guard case .int64(let number)? = try unsafe Document(storedBSON: bytes)[path: "event.version"] else {
                throw EventDocument.damaged("version", tenant: tenant, position: nil)
            }
            version = number
            return false
        }
        return version
    }

    /// The chained digest at a position; nil when there is no event.
    func digest(
        at position: Int64,
        of tenant: TenantID,
        in database: String,
        session: MongoSession? = nil
    ) throws(StoreError) -> LogDigest? {
        if position == 0 { return .empty }
        var digest: LogDigest?
        unsafe try find(
            ["_id": EventDocument.place(.int64(position), of: tenant)],
            in: EventNames.events,
            of: database,
            options: ["limit": 1, "projection": ["_id": 0, "digest": 1]],
            in: session
        ) { (bytes) throws(StoreError) in
            guard case .binary(let binary)? = try unsafe Document(storedBSON: bytes)["digest"],
                let found = LogDigest(bytes: binary.bytes)
            else { throw EventDocument.damaged("digest", tenant: tenant, position: position) }
            digest = found
            return false
        }
        return digest
    }
}

/// What a read outside of transactions sees, where it is not the connection's own majority concern.
enum ReadConcern: String {
    /// One moment for all of the read, although it comes in batches.
    case snapshot
}

extension Document {
    /// A document that the server sent; foreign programs may have written it, so it is validated.
    init(storedBSON bytes: UnsafeRawBufferPointer) throws(StoreError) {
        do throws(DocumentError) {
            self = try unsafe Document(bson: [UInt8](bytes), limits: .stored)
        } catch {
            throw StoreError(.corrupt, "A stored document is no valid BSON; correct or delete it.", underlying: error)
        }
    }
}
