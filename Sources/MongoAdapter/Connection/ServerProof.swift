internal import MigrationCore

extension MongoClient {
    /// The wire version of MongoDB 5.0, the first that keeps every field name and whose stable API has all that is used here.
    private static let minimumWireVersion: Int32 = 13

    /// Asks the server what it is; throws unless it is a member of a replica set that is new enough.
    func proveServer() throws(StoreError) {
        let hello = try command(["hello": 1], on: "admin", .plain)
        if hello["msg"] == .string("isdbgrid") {
            throw StoreError(
                .unsupported,
                "The server is a router of a sharded cluster, with which this adapter is not tested; use a replica set."
            )
        }
        guard hello.contains("setName") else {
            throw StoreError(
                .unsupported,
                "The server is no replica set, so it has neither transactions nor majority writes; start it with --replSet."
            )
        }
        guard case .int32(let version)? = hello["maxWireVersion"], version >= Self.minimumWireVersion else {
            throw StoreError(.unsupported, "The server is older than MongoDB 5.0; update it.")
        }
        // The first command that needs credentials: bad ones show here and not in the middle of a migration.
        _ = try command(["ping": 1], on: "admin", .plain)
    }
}
