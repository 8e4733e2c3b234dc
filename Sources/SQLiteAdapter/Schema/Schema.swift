/// The tables of a file, as the guide *The SQLite file* documents them and as SemVer covers them.
///
/// `application_id` says that a file is ours, `user_version` which schema it has. A change of the schema appends a step to
/// `upgrades`; steps are never edited once released.
enum Schema {
    /// "Cuto" in ASCII: what `file(1)` and `PRAGMA application_id` show.
    static let applicationID: Int64 = 0x4375_746F

    /// The version that this library writes.
    static var version: Int64 { Int64(upgrades.count) }

    /// Step n leads from version n to version n + 1; the first makes an empty file ours.
    static let upgrades: [[String]] = [identity + documents + events, canonicalBodies]

    /// One row with a random id: what continuations of the change feed recognise the file by.
    private static let identity: [String] = [
        "CREATE TABLE identity (file TEXT NOT NULL) STRICT",
        "INSERT INTO identity (file) VALUES (lower(hex(randomblob(8))))",
    ]
}
