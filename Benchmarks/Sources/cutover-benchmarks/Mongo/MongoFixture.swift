internal import Foundation
internal import MigrationCore
internal import MongoAdapter

/// The server that `Scripts/with-mongod.sh` starts for the measures.
enum MongoFixture {
    static let database = "benchmarks"

    /// The connection string of the server, with a database in its path if one is named.
    static func uri(database: String = "") throws -> String {
        guard let uri = ProcessInfo.processInfo.environment["CUTOVER_MONGODB"] else {
            throw RawFailure("no server for the measures of MongoDB: run them through Scripts/bench.sh")
        }
        return uri.replacing("/?", with: "/\(database)?")
    }

    /// A connection as an application opens it.
    static func connection() async throws -> MongoConnection { try await MongoConnection.open(try uri()) }

    /// Fills an empty collection with so many documents. Its name in the database is its own.
    static func fill(
        _ collection: CollectionName = DocumentFixture.collection,
        of database: String = database,
        count: Int
    ) throws {
        let raw = try RawMongo(database)
        try raw.drop(collection.text)
        for start in stride(from: 0, to: count, by: 10_000) {
            let documents = DocumentFixture.documents(start..<min(start + 10_000, count))
            try raw.insert(RawMongo.bytes(of: documents), into: collection.text, batchSize: 1_000)
        }
    }
}
