import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("Connections to MongoDB over TLS", .timeLimit(.minutes(5)), .needsMongod)
struct SecureConnectionTests {
    private static let key = DocumentKey(collection: "things", id: "a")

    @Test("serve where the authority is the server's, and nowhere else; the server is asked nothing without TLS")
    func authority() async throws {
        let certificates = try await Certificates()
        let server = try await MongodServer.start(options: Self.options(try await certificates.server()))
        defer { server.removeData() }
        let connection = try await server.connection("tls=true&tlsCAFile=\(certificates.authority)")
        // From here on the server refuses what is not encrypted.
        _ = try await connection.run(["setParameter": 1, "tlsMode": "requireTLS"])
        let store = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
        #expect(try await store.write(["n": 1], to: Self.key, condition: .insert).isApplied)
        #expect(try await store.read(Self.key)?.document["n"] == 1)
        let events = try await MongoEventStore.open("events", on: connection, database: "shop")
        try await events.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
        let event = NewEvent(type: "E", occurredAt: .now(), payload: [:])
        #expect(try await events.unrouted().append([event], to: "s", tenant: "acme").positions == 1...1)

        let others = try await Certificates()
        let strangers = [
            ("tls=true&tlsCAFile=\(others.authority)", "certificate verify failed"),
            ("tls=false", "No suitable servers"),
        ]
        for (options, reason) in strangers {
            let error = await #expect(throws: StoreError.self) {
                let stranger = try await server.connection(options, patience: .seconds(2))
                defer { Task { await stranger.close() } }
                _ = try await MongoDocumentStore.open("documents", on: stranger, database: "shop").read(Self.key)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.mongoFailure?.text.contains(reason) == true, "\(String(describing: error))")
        }
        await connection.close()
    }

    @Test("a certificate of a client is its user, and one that nobody knows is refused at once")
    func clientCertificate() async throws {
        let certificates = try await Certificates()
        let serverFile = try await certificates.server()
        try await MongodServer.withAuthentication(options: Self.options(serverFile)) { server, password in
            let administrator = try await server.connection(as: "ada", password)
            _ = try await administrator.run(
                ["createUser": "CN=writer,O=Clients", "roles": [["role": "readWrite", "db": "shop"]]],
                on: "$external"
            )
            func options(_ file: String) -> String {
                "tls=true&tlsCAFile=\(certificates.authority)&tlsCertificateKeyFile=\(file)"
                    + "&authMechanism=MONGODB-X509"
            }
            let writer = try await certificates.issue(
                "writer",
                subject: "/O=Clients/CN=writer",
                extensions: ["extendedKeyUsage=clientAuth"]
            )
            let connection = try await server.connection(options(writer))
            let store = try await MongoDocumentStore.open("documents", on: connection, database: "shop")
            #expect(try await store.write(["n": 1], to: Self.key, condition: .insert).isApplied)
            let status = try await connection.run(["connectionStatus": 1])
            #expect(status[path: "authInfo.authenticatedUsers.0.user"] == "CN=writer,O=Clients")

            let nobody = try await certificates.issue(
                "nobody",
                subject: "/O=Clients/CN=nobody",
                extensions: ["extendedKeyUsage=clientAuth"]
            )
            let start = ContinuousClock.now
            let error = await #expect(throws: StoreError.self) {
                let connection = try await server.connection(options(nobody))
                defer { Task { await connection.close() } }
                _ = try await MongoDocumentStore.open("documents", on: connection, database: "shop").read(Self.key)
            }
            #expect(error?.code == .unauthenticated, "\(String(describing: error))")
            #expect(start.duration(to: .now) < .seconds(60))
            await connection.close()
            await administrator.close()
        }
    }

    @Test(
        "carry what is compressed, by each compressor that both sides know",
        .mongod,
        arguments: ["zlib", "snappy", "zstd"]
    )
    func compression(_ name: String) async throws {
        let server = try #require(MongodServer.shared)
        let connection = try await server.connection("compressors=\(name)")
        let database = MongodServer.databaseName()
        let store = try await MongoDocumentStore.open("documents", on: connection, database: database)
        let before = try await Self.compressedBytes(name, connection)
        let document: Document = ["text": .string(String(repeating: "compressible ", count: 10_000))]
        #expect(try await store.write(document, to: Self.key, condition: .insert).isApplied)
        #expect(try await store.read(Self.key)?.document["text"] == document["text"])
        let after = try await Self.compressedBytes(name, connection)
        // What the server has unpacked, and what it has packed for us.
        #expect(after.unpacked - before.unpacked >= 130_000)
        #expect(after.packed - before.packed >= 130_000)
        await connection.close()
        await TestBed.drop(database)
    }

    /// Bytes before they were packed and after they were unpacked, by the server.
    private static func compressedBytes(
        _ name: String,
        _ connection: MongoConnection
    ) async throws -> (packed: Int64, unpacked: Int64) {
        let status = try await connection.run(["serverStatus": 1])
        func bytes(_ path: String) throws -> Int64 {
            switch status[path: FieldPath("network.compression.\(name).\(path)")] {
            case .int64(let count): return count
            case .int32(let count): return Int64(count)
            default: throw StoreError(.internalInconsistency, "The server does not count \(path) of \(name).")
            }
        }
        return (try bytes("compressor.bytesIn"), try bytes("decompressor.bytesOut"))
    }

    /// A server that takes connections with TLS and, for those who set it up, without.
    private static func options(_ server: (file: String, authority: String)) -> [String] {
        [
            "--tlsMode", "preferTLS", "--tlsCertificateKeyFile", server.file, "--tlsCAFile", server.authority,
            "--tlsAllowConnectionsWithoutCertificates",
        ]
    }
}

extension Certificates {
    /// A certificate of a server on this machine, and its authority's.
    fileprivate func server() async throws -> (file: String, authority: String) {
        let file = try await issue(
            "server",
            subject: "/O=Servers/CN=127.0.0.1",
            extensions: ["subjectAltName=IP:127.0.0.1"]
        )
        return (file, authority)
    }
}

extension MongodServer {
    fileprivate func connection(
        _ options: String,
        patience: Duration = .seconds(120)
    ) async throws(StoreError) -> MongoConnection {
        var configuration = MongoConnection.Configuration()
        configuration.serverSelectionTimeout = patience
        return try await MongoConnection.open(uri(options: options), configuration: configuration)
    }
}

extension MongoConnection {
    fileprivate func run(_ command: Document, on database: String = "admin") async throws(StoreError) -> Document {
        try await lanes.run { (client) throws(StoreError) in try client.command(command, on: database, .plain) }
    }
}
