import CutoverMongoServer
import Foundation
import MigrationCore
import Testing

@testable import MongoAdapter

extension MongodServer {
    /// Runs a body with a server that asks for credentials, whose administrator is `ada`, and her password.
    static func withAuthentication(
        options: [String] = [],
        _ body: (MongodServer, String) async throws -> Void
    ) async throws {
        let key = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-key-\(UUID().uuidString)")
        let isWritten = FileManager.default.createFile(
            atPath: key.path,
            contents: Data("Y3V0b3Zlcg==".utf8),
            attributes: [.posixPermissions: 0o600]
        )
        #expect(isWritten)
        defer { try? FileManager.default.removeItem(at: key) }
        let server = try await MongodServer.start(options: ["--keyFile", key.path] + options)
        defer { server.removeData() }
        let password = "s3cret/@:"
        try await server.createAdministrator("ada", password: password)
        try await body(server, password)
    }

    /// Opens a connection of a user; nobody's without a name.
    func connection(as user: String, _ password: String) async throws(StoreError) -> MongoConnection {
        var configuration = MongoConnection.Configuration()
        // An error that waits for it would be seen.
        configuration.serverSelectionTimeout = .seconds(120)
        let escaped = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? password
        let uri = self.uri(
            options: user.isEmpty ? "" : "authSource=admin",
            credentials: user.isEmpty ? "" : "\(user):\(escaped)@"
        )
        return try await MongoConnection.open(uri, configuration: configuration)
    }

    /// Makes a user who may read one database and nothing else.
    func createReader(
        _ name: String,
        password: String,
        of database: String,
        on administrator: MongoConnection
    ) async throws {
        _ = try await administrator.lanes.run { (client) throws(StoreError) in
            try client.command(
                [
                    "createUser": .string(name), "pwd": .string(password),
                    "roles": [["role": "read", "db": .string(database)]],
                ],
                on: "admin",
                .plain
            )
        }
    }
}
