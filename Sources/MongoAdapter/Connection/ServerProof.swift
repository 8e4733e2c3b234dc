internal import MigrationCore

/// What a server must be for the promises of the stores, judged by its answer to `hello`.
enum ServerProof {
    /// The wire version of MongoDB 5.0, the first that keeps every field name and whose stable API has all that is used here.
    private static let minimumWireVersion: Int32 = 13

    /// Why a server is refused; nil for one that serves.
    static func refusal(of hello: Document) -> StoreError? {
        if hello["msg"] == .string("isdbgrid") {
            return StoreError(
                .unsupported,
                "The server is a router of a sharded cluster, with which this adapter is not tested; use a replica set."
            )
        }
        guard hello.contains("setName") else {
            return hello["isreplicaset"] == .bool(true)
                ? StoreError(
                    .unsupported,
                    "The server waits to become a member of a replica set; call replSetInitiate on it, or add it to one."
                )
                : StoreError(
                    .unsupported,
                    "The server is no replica set, so it has neither transactions nor majority writes; start it with --replSet."
                )
        }
        guard case .int32(let version)? = hello["maxWireVersion"], version >= minimumWireVersion else {
            return StoreError(.unsupported, "The server is older than MongoDB 5.0; update it.")
        }
        return nil
    }
}

extension MongoClient {
    /// Asks the server what it is; throws unless it is a member of a replica set that is new enough.
    func proveServer() throws(StoreError) {
        if let refusal = ServerProof.refusal(of: try command(["hello": 1], on: "admin", .plain)) { throw refusal }
        // The first command that needs credentials: bad ones show here and not in the middle of a migration.
        _ = try command(["ping": 1], on: "admin", .plain)
    }
}
