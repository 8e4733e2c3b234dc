public import MigrationCore

extension SQLiteDatabase {
    /// Something in a file that is not as it must be.
    public struct IntegrityProblem: Sendable, Hashable, CustomStringConvertible {
        /// What is concerned.
        public enum Subject: Sendable, Hashable {
            /// The pages, tables and indexes.
            case file
            /// The log of a tenant.
            case log(TenantID)
            /// The documents of a collection.
            case collection(CollectionName)
        }

        /// What is concerned.
        public let subject: Subject
        /// What is wrong, in a sentence.
        public let message: String

        public var description: String { message }
    }

    /// Looks for damage in the whole file: its pages and indexes, the heads against the logs, and bodies that are no JSON.
    ///
    /// It reads everything once and takes about as long as reading the file twice; writes go on meanwhile. Chained digests are
    /// not recomputed: that is the work of the verifier.
    ///
    /// - Parameter limit: The most problems to return, at least 1.
    /// - Returns: The problems; none for a file that is whole.
    /// - Throws: `invalidArgument`, `cancelled`, `closed`, and codes of category `transient`.
    public func integrityCheck(limit: Int = 100) async throws(StoreError) -> [IntegrityProblem] {
        guard limit >= 1 else {
            throw StoreError(.invalidArgument, "Ask for at least 1 problem, not \(limit).")
        }
        return try await readers.read { (connection) throws(StoreError) in
            var problems: [IntegrityProblem] = []
            do throws(StoreError) {
                try connection.readTransaction { () throws(StoreError) in
                    try connection.checkPages(limit: limit, into: &problems)
                    try connection.checkLogs(into: &problems)
                    try connection.checkBodies(into: &problems)
                }
            } catch  where error.code == .corrupt {
                problems.append(IntegrityProblem(subject: .file, message: error.message))
            }
            return Array(problems.prefix(limit))
        }
    }
}

extension Connection {
    typealias Problem = SQLiteDatabase.IntegrityProblem

    fileprivate func checkPages(limit: Int, into problems: inout [Problem]) throws(StoreError) {
        let row = try prepare("PRAGMA integrity_check(\(limit))")
        while try row.step() {
            let message = row.text(0)
            if message != "ok" { problems.append(Problem(subject: .file, message: message)) }
        }
    }

    fileprivate func checkLogs(into problems: inout [Problem]) throws(StoreError) {
        let row = try prepare(
            """
            WITH logs AS (
                SELECT tenant, count(*) AS count, min(position) AS first, max(position) AS last FROM events GROUP BY tenant
            )
            SELECT coalesce(h.tenant, l.tenant), h.position, coalesce(l.count, 0), coalesce(l.first, 1), coalesce(l.last, 0),
                h.digest IS coalesce(
                    (SELECT digest FROM events AS e WHERE e.tenant = h.tenant AND e.position = h.position), zeroblob(32))
            FROM heads AS h LEFT JOIN logs AS l ON l.tenant = h.tenant
            UNION ALL
            SELECT tenant, NULL, count, first, last, 1 FROM logs WHERE tenant NOT IN (SELECT tenant FROM heads)
            """
        )
        while try row.step() {
            guard let tenant = row.validText(0).flatMap({ try? TenantID($0) }) else {
                problems.append(Problem(subject: .file, message: "A tenant has a name that is not allowed."))
                continue
            }
            func note(_ message: String) { problems.append(Problem(subject: .log(tenant), message: message)) }
            guard let position = row.int64OrNil(1) else {
                note("The log has \(row.int64(2)) events and no head.")
                continue
            }
            let (count, first, last) = (row.int64(2), row.int64(3), row.int64(4))
            if count != position || first != 1 || last != position {
                note("The head is at position \(position), and the log has \(count) events from \(first) to \(last).")
            } else if row.int64(5) == 0 {
                note("The digest of the head is not that of the last event.")
            }
        }
        try checkStreams(into: &problems)
    }

    private func checkStreams(into problems: inout [Problem]) throws(StoreError) {
        let row = try prepare(
            """
            SELECT tenant, count(*) FROM (
                SELECT tenant, stream FROM events GROUP BY tenant, stream HAVING count(*) <> max(version) OR min(version) <> 1
            ) GROUP BY tenant
            """
        )
        while try row.step() {
            guard let tenant = row.validText(0).flatMap({ try? TenantID($0) }) else { continue }
            let message = "\(row.int64(1)) streams of the log have gaps in their versions."
            problems.append(Problem(subject: .log(tenant), message: message))
        }
    }

    fileprivate func checkBodies(into problems: inout [Problem]) throws(StoreError) {
        let row = try prepare(
            "SELECT collection, count(*) FROM documents WHERE NOT json_valid(body) GROUP BY collection"
        )
        while try row.step() {
            guard let name = row.validText(0).flatMap({ try? CollectionName($0) }) else {
                problems.append(Problem(subject: .file, message: "A collection has a name that is not allowed."))
                continue
            }
            let message = "\(row.int64(1)) documents of the collection are no JSON; a scan shows them with their bytes."
            problems.append(Problem(subject: .collection(name), message: message))
        }
    }
}
