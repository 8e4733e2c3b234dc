internal import MigrationCore

/// What was done to the second store behind the library's back, in its own terms.
struct Damage {
    /// One record that is not as it was.
    struct Document: Hashable {
        let kind: Kind
        let key: DocumentKey
    }

    /// One event that is not as it was.
    struct Event: Hashable {
        let kind: Kind
        let tenant: TenantID
        let position: Int64
    }

    /// How a record was damaged.
    enum Kind: String, Hashable {
        case missing, altered, extra
    }

    let documents: Set<Document>
    let events: Set<Event>

    /// Damages a file with plain SQL: for documents and for events one record is removed, one is altered and one is added.
    ///
    /// Digests that are stored in the file stay as they were, so a verifier that trusts them sees nothing.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - tenants: three tenants whose logs are damaged, one each; they need three events or more.
    init(_ path: String, tenants: [TenantID]) throws {
        let sql = try PlainSQL(path)
        documents = try Self.damageDocuments(sql)
        events = try Self.damageEvents(sql, tenants)
    }

    // MARK: Documents

    private static func damageDocuments(_ sql: PlainSQL) throws -> Set<Document> {
        let removed = try key(at: 0.25, sql)
        try sql.changeOne("DELETE FROM documents WHERE collection = ?1 AND partition = ?2 AND id = ?3", removed)
        let altered = try key(at: 0.5, sql)
        try sql.changeOne(
            """
            UPDATE documents SET body = json_set(body, '$.Maintainer', 'Mallory <mallory@example.org>')
            WHERE collection = ?1 AND partition = ?2 AND id = ?3
            """,
            altered
        )
        let added: [PlainSQL.Cell] = [.text(packages.text), .text("[\"amd64\"]"), .text("package-from-nowhere")]
        try sql.changeOne(
            """
            INSERT INTO documents (collection, partition, id, body)
            VALUES (?1, ?2, ?3, '{"_id":"package-from-nowhere","Package":"package-from-nowhere"}')
            """,
            added
        )
        return [
            Document(kind: .missing, key: try documentKey(removed)),
            Document(kind: .altered, key: try documentKey(altered)),
            Document(kind: .extra, key: try documentKey(added)),
        ]
    }

    /// The columns that name the row that has this part of all rows before it.
    private static func key(at fraction: Double, _ sql: PlainSQL) throws -> [PlainSQL.Cell] {
        guard case .integer(let count) = try sql.run("SELECT count(*) FROM documents").first?.first,
            let row = try sql.run(
                "SELECT collection, partition, id FROM documents ORDER BY collection, partition, id LIMIT 1 OFFSET ?1",
                [.integer(Int64(Double(count) * fraction))]
            ).first
        else { throw DemoFailure("the target has no document to damage") }
        return row
    }

    private static func documentKey(_ row: [PlainSQL.Cell]) throws -> DocumentKey {
        guard case .text(let collection) = row[0], case .text(let partition) = row[1], case .text(let id) = row[2]
        else {
            throw DemoFailure("a document's row has no key")
        }
        return DocumentKey(
            collection: try CollectionName(collection),
            partition: try PartitionKey(text: partition),
            id: try DocumentID(text: id)
        )
    }

    // MARK: Events

    private static func damageEvents(_ sql: PlainSQL, _ tenants: [TenantID]) throws -> Set<Event> {
        guard tenants.count == 3 else { throw DemoFailure("there are not three tenants to damage") }
        let removed = try last(tenants[0], sql) / 2
        try sql.changeOne("DELETE FROM events WHERE tenant = ?1 AND position = ?2", at(removed, tenants[0]))
        let altered = try last(tenants[1], sql) / 2
        try sql.changeOne(
            "UPDATE events SET actor = 'Mallory <mallory@example.org>' WHERE tenant = ?1 AND position = ?2",
            at(altered, tenants[1])
        )
        let added = try last(tenants[2], sql) + 1
        try sql.changeOne(
            """
            INSERT INTO events (tenant, position, stream, version, id, type, schema_version, occurred_at, recorded_at,
                correlation_id, causation_id, actor, metadata, payload, digest)
            SELECT tenant, position + 1, 'stream-from-nowhere', 1, randomblob(16), type, schema_version, occurred_at,
                recorded_at, correlation_id, causation_id, actor, metadata, payload, digest
            FROM events WHERE tenant = ?1 AND position = ?2 - 1
            """,
            at(added, tenants[2])
        )
        return [
            Event(kind: .missing, tenant: tenants[0], position: removed),
            Event(kind: .altered, tenant: tenants[1], position: altered),
            Event(kind: .extra, tenant: tenants[2], position: added),
        ]
    }

    private static func last(_ tenant: TenantID, _ sql: PlainSQL) throws -> Int64 {
        let rows = try sql.run("SELECT max(position) FROM events WHERE tenant = ?1", [.text(tenant.text)])
        guard case .integer(let position) = rows.first?.first, position >= 3 else {
            throw DemoFailure("a tenant's log is too short to be damaged")
        }
        return position
    }

    private static func at(_ position: Int64, _ tenant: TenantID) -> [PlainSQL.Cell] {
        [.text(tenant.text), .integer(position)]
    }
}

extension Damage: CustomStringConvertible {
    /// What was damaged, one line for each record.
    var description: String {
        (documents.map(\.description) + events.map(\.description)).sorted().joined(separator: "\n")
    }
}

extension Damage.Document: CustomStringConvertible {
    var description: String { "\(kind.rawValue) document \(key.debugDescription)" }
}

extension Damage.Event: CustomStringConvertible {
    var description: String { "\(kind.rawValue) event \(position) of \(tenant)" }
}
