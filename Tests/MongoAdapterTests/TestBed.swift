import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

/// Stores on the shared server, over one connection.
enum TestBed {
    private static let connections = Connections()

    static func connection() async throws -> MongoConnection {
        try await connections.connection(to: try #require(MongodServer.shared).uri())
    }

    static func events(in database: String) async throws -> MongoEventStore {
        try await MongoEventStore.open("mongo", on: try await connection(), database: database)
    }

    static func documents(
        in database: String,
        now: @escaping @Sendable () -> WallTime = { .now() }
    ) async throws -> MongoDocumentStore {
        try await MongoDocumentStore.open("mongo", on: try await connection(), database: database, now: now)
    }

    static func drop(_ database: String) async {
        guard let connection = try? await connection() else { return }
        try? await connection.dropDatabase(database)
    }
}

extension MongoDocumentStore {
    /// Reads each document by its key, a few beside each other: the server answers such a read once its journal is written.
    func readEach(_ keys: [DocumentKey]) async throws -> [StoredDocument?] {
        let readers = 8
        return try await withThrowingTaskGroup(of: [(index: Int, found: StoredDocument?)].self) { group in
            for reader in 0..<readers {
                group.addTask {
                    var found: [(index: Int, found: StoredDocument?)] = []
                    for index in stride(from: reader, to: keys.count, by: readers) {
                        found.append((index, try await self.read(keys[index])))
                    }
                    return found
                }
            }
            return try await group.reduce(into: Array(repeating: nil, count: keys.count)) { all, some in
                for (index, found) in some { all[index] = found }
            }
        }
    }
}

private actor Connections {
    private var opening: Task<MongoConnection, any Error>?

    func connection(to uri: String) async throws -> MongoConnection {
        let opening =
            opening
            ?? Task {
                // Many behaviours run beside each other and share it.
                var configuration = MongoConnection.Configuration()
                configuration.laneCount = 12
                configuration.feedLaneCount = 8
                // And beside all other tests, on a machine that may be busy with more than this.
                configuration.socketTimeout = .seconds(180)
                configuration.serverSelectionTimeout = .seconds(180)
                configuration.transactionBudget = .seconds(180)
                return try await MongoConnection.open(uri, configuration: configuration)
            }
        self.opening = opening
        return try await opening.value
    }
}
