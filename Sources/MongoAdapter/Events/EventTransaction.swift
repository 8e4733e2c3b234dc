internal import MigrationCore

/// One transaction on one tenant's log: what its works see, and what they change together.
///
/// Works decide on what they see here, in order; events and head are written once at the end. So a work that throws has written
/// nothing and harms no other, except one that removes events: it runs alone.
///
/// Safety: made and used on one lane, by one work after the other.
final class EventTransaction {
    let client: MongoClient
    let session: MongoSession
    let database: String
    let tenant: TenantID
    private(set) var head: TenantHead?
    private let firstHead: TenantHead?
    private var versions: [StreamID: Int64] = [:]
    private var knownIDs: [EventID: StoredEvent?] = [:]
    private var added: [StoredEvent] = []
    /// Whether one of the log's events was read here. Then nobody drops their collection before the commit.
    private var hasSeenEvents = false
    /// Whether something was sent to the server that cannot be taken back from here.
    private(set) var hasWritten = false

    /// Begins by taking hold of the head: whoever else appends to this tenant now has to wait or to begin anew.
    init(
        on client: MongoClient,
        session: MongoSession,
        database: String,
        tenant: TenantID,
        expectedIDs: [EventID]
    ) throws(StoreError) {
        self.client = client
        self.session = session
        self.database = database
        self.tenant = tenant
        let reply = try client.command(
            [
                "findAndModify": .string(EventNames.heads), "query": ["_id": .string(tenant.text)],
                "update": ["$inc": ["turns": .int64(1)]], "new": true,
            ],
            on: database,
            .plain,
            in: session
        )
        if case .document(let document)? = reply["value"] {
            head = try HeadDocument.head(in: document, of: tenant)
        } else {
            head = nil
        }
        firstHead = head
        if head != nil { try look(for: expectedIDs) }
    }

    // MARK: What works see

    func version(of stream: StreamID) throws(StoreError) -> Int64 {
        if let known = versions[stream] { return known }
        let version = try client.version(of: stream, tenant: tenant, in: database, session: session)
        versions[stream] = version
        if version > 0 { hasSeenEvents = true }
        return version
    }

    func event(_ id: EventID) throws(StoreError) -> StoredEvent? {
        if let known = knownIDs[id] { return known }
        try look(for: [id])
        return knownIDs[id] ?? nil
    }

    func digest(at position: Int64) throws(StoreError) -> LogDigest? {
        if let first = added.first, position >= first.position {
            let index = Int(position - first.position)
            return index < added.count ? added[index].digest : nil
        }
        let digest = try client.digest(at: position, of: tenant, in: database, session: session)
        if position > 0, digest != nil { hasSeenEvents = true }
        return digest
    }

    private func look(for ids: [EventID]) throws(StoreError) {
        guard !ids.isEmpty else { return }
        for id in ids { knownIDs[id] = .some(nil) }
        let found = try client.events(
            of: tenant,
            in: database,
            where: ["_id.tenant": .string(tenant.text), "event.id": ["$in": .array(ids.map(\.value))]],
            session: session
        )
        for event in found { knownIDs[event.id] = event }
        if !found.isEmpty { hasSeenEvents = true }
    }

    // MARK: What works change

    func replaceHead(_ head: TenantHead) { self.head = head }

    func add(_ events: [StoredEvent]) {
        added += events
        for event in events {
            versions[event.stream] = event.version
            knownIDs[event.id] = event
        }
    }

    /// Removes the events behind a position.
    func removeEvents(after position: Int64) throws(StoreError) {
        hasWritten = true
        added.removeAll { $0.position > position }
        versions = [:]
        knownIDs = [:]
        _ = try client.command(
            [
                "delete": .string(EventNames.events),
                "deletes": [
                    [
                        "q": .document(EventDocument.places(after: position, upTo: .max, of: tenant)), "limit": 0,
                    ]
                ],
            ],
            on: database,
            .plain,
            in: session
        )
    }

    // MARK: The end

    /// Writes what the works have changed; the commit follows.
    func flush() throws(StoreError) {
        try lookAtCollection()
        try insertAdded()
        guard let head, head != firstHead else { return }
        if firstHead == nil {
            let reply = try client.command(
                [
                    "insert": .string(EventNames.heads),
                    "documents": [.document(HeadDocument.document(head, of: tenant))],
                ],
                on: database,
                .plain,
                in: session
            )
            do throws(StoreError) {
                try reply.throwWriteErrors()
            } catch  where error.mongoFailure?.code == ServerCode.duplicateKey {
                throw .lostRace
            }
        } else {
            var fields = HeadDocument.logFields(of: head)
            for (name, value) in HeadDocument.fields(of: head.fence) { fields.append(name, value) }
            let reply = try client.command(
                [
                    "update": .string(EventNames.heads),
                    "updates": [["q": ["_id": .string(tenant.text)], "u": ["$set": .document(fields)]]],
                ],
                on: database,
                .plain,
                in: session
            )
            try reply.throwWriteErrors()
        }
    }

    /// Makes sure of what the log stands on, which another program may have dropped under this store: the server would make an
    /// empty collection of it, without the unique indexes, and positions and versions would begin anew in it.
    ///
    /// A log begins only where the indexes are, and goes on only where an event of it is.
    private func lookAtCollection() throws(StoreError) {
        let begins = firstHead == nil && head != nil || added.contains { $0.position == 1 }
        if begins {
            // What a transaction has looked at is not dropped until its end. So what is there after this look is there at the commit.
            _ = try client.digest(at: 1, of: tenant, in: database, session: session)
            guard try hasIndexes() else { throw .missingEventIndexes(tenant: tenant) }
        } else if !added.isEmpty, !hasSeenEvents, let last = firstHead?.position {
            guard try digest(at: last) != nil else { throw .missingEvent(tenant: tenant, position: last) }
        }
    }

    /// Whoever drops the collection waits for the end of the transaction, and this look for the drop: it ends soon, and all begins anew.
    private func hasIndexes() throws(StoreError) -> Bool {
        do throws(StoreError) {
            return try client.hasEventIndexes(in: database, maximumMilliseconds: 1_000)
        } catch  where error.mongoFailure?.code == ServerCode.maxTimeExpired {
            throw .lostRace
        }
    }

    private func insertAdded() throws(StoreError) {
        var rest = added[...]
        while !rest.isEmpty {
            var writer = BSONWriter(reservingCapacity: 64 + rest.reduce(0) { $0 + $1.payload.byteCount + 512 })
            let start = writer.beginDocument()
            writer.append("insert", .string(EventNames.events))
            writer.append("ordered", true)
            writer.appendHeader(.array, "documents")
            let array = writer.beginDocument()
            var count = 0
            while let event = rest.first, count == 0 || writer.bytes.count < MongoLimits.maximumCommandBytes {
                writer.appendHeader(.document, index: count)
                let before = writer.bytes.count
                EventDocument.append(event, of: tenant, to: &writer)
                if count > 0, writer.bytes.count > MongoLimits.maximumCommandBytes {
                    // The header of the element goes with it.
                    writer.bytes.removeSubrange((before - 2 - String(count).utf8.count)...)
                    break
                }
                rest.removeFirst()
                count += 1
            }
            writer.endDocument(array)
            writer.endDocument(start)
            let command = Document(validatedBSON: writer.bytes)
            let reply = try client.command(command, on: database, .plain, in: session)
            do throws(StoreError) {
                try reply.throwWriteErrors()
            } catch {
                throw error.ofInsertedEvents(tenant: tenant)
            }
        }
    }
}

/// What one command may carry.
enum MongoLimits {
    /// A message takes 16 MiB and 16 KiB of body; the rest of the command needs some of it.
    static let maximumCommandBytes = 16 << 20
    /// The largest document.
    static let maximumDocumentBytes = 16 << 20
}

extension Document {
    /// Throws the first of the errors that a write command reports for its items.
    func throwWriteErrors() throws(StoreError) {
        guard case .array(let errors)? = self["writeErrors"], case .document(let first)? = errors.first else { return }
        throw StoreError(MongoFailure(first))
    }
}

extension EventID {
    var value: Value { .binary(Binary(subtype: 4, bytes: bytes)) }
}

extension StoreError {
    /// A log does not begin where no unique index stands behind it.
    fileprivate static func missingEventIndexes(tenant: TenantID) -> StoreError {
        StoreError(
            .unavailable,
            "The unique indexes of cutover.events were dropped meanwhile; prepare the tenant again, which creates them.",
            context: .init(tenant: tenant)
        )
    }

    /// What it means that a unique index refused an event.
    fileprivate func ofInsertedEvents(tenant: TenantID) -> StoreError {
        guard let failure = mongoFailure, failure.code == ServerCode.duplicateKey else { return self }
        if failure.duplicateIndex == EventNames.idIndex {
            return StoreError(
                .duplicateEvent,
                "An event with this id is in the tenant's log at another place; ids are unique within a tenant.",
                context: .init(tenant: tenant),
                underlying: failure
            )
        }
        return StoreError(
            .corrupt,
            "The log holds an event where its head says that there is none; verify the log and repair it.",
            context: .init(tenant: tenant),
            underlying: failure
        )
    }
}
