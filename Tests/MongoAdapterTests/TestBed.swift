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
