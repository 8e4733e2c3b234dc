internal import BenchmarksRawMongo
internal import Foundation
internal import MigrationCore
internal import MongoAdapter

/// The server that `Scripts/with-mongod.sh` starts for the measures.
enum MongoFixture {
    static let database = "benchmarks"

    /// Where clients find it; it is the primary of its replica set from the first call on.
    static func uri() throws -> String { try server.get() }

    private static let server: Result<String, RawFailure> = {
        guard let host = ProcessInfo.processInfo.environment["CUTOVER_BENCHMARKS_MONGOD"] else {
            return .failure(RawFailure("no server for the measures of MongoDB: run them through Scripts/bench.sh"))
        }
        var error = [CChar](repeating: 0, count: RawMongo.errorLength)
        let direct = "mongodb://\(host)/?directConnection=true&serverSelectionTimeoutMS=1000"
        guard raw_mongo_initiate(direct, "cutover", host, &error) else { return .failure(RawMongo.failure(error)) }
        return .success("mongodb://\(host)/?replicaSet=cutover")
    }()

    /// A connection as an application opens it.
    static func connection() async throws -> MongoConnection { try await MongoConnection.open(try uri()) }

    /// A collection's name in the database is its own.
    static func fill(_ collection: String, with documents: [(key: DocumentKey, document: Document)]) throws {
        try RawMongo().insert(RawMongo.bytes(of: documents), into: collection, batchSize: 1_000)
    }
}
