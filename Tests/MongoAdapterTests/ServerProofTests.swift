import CutoverMongoServer
import MigrationCore
import Testing

@testable import MongoAdapter

@Suite("What a server has to be", .timeLimit(.minutes(5)))
struct ServerProofTests {
    /// The answer of a primary of MongoDB 6.0, as far as it matters here.
    private static let primary: Document = [
        "isWritablePrimary": true, "setName": "main", "setVersion": 1, "hosts": ["db1:27017"],
        "maxBsonObjectSize": 16_777_216, "minWireVersion": 0, "maxWireVersion": 17, "ok": 1.0,
    ]

    private static func hello(without name: String? = nil, with fields: Document = [:]) -> Document {
        var hello = Document(uniqueFields: primary.filter { $0.0 != name && !fields.contains($0.0) })
        for (name, value) in fields { hello.append(name, value) }
        return hello
    }

    @Test(
        "members of a replica set from MongoDB 5.0 on serve, the primary and those that follow it",
        arguments: [
            hello(), hello(with: ["maxWireVersion": 13]), hello(with: ["maxWireVersion": 25]),
            hello(with: ["isWritablePrimary": false, "secondary": true]),
        ]
    )
    func serves(_ hello: Document) {
        #expect(ServerProof.refusal(of: hello) == nil)
    }

    @Test(
        "everything else is refused, and told what to do",
        arguments: [
            // A standalone server, one that waits for its replica set, a router, and servers that are too old or do not say.
            (hello(without: "setName"), "--replSet"),
            (hello(without: "setName", with: ["isreplicaset": true, "isWritablePrimary": false]), "replSetInitiate"),
            (hello(without: "setName", with: ["msg": "isdbgrid"]), "sharded"),
            (hello(with: ["maxWireVersion": 12]), "5.0"), (hello(with: ["maxWireVersion": 6]), "5.0"),
            (hello(without: "maxWireVersion"), "5.0"), (hello(with: ["maxWireVersion": "17"]), "5.0"),
            (["ok": 1.0], "--replSet"), ([:], "--replSet"),
        ] as [(Document, String)]
    )
    func refuses(_ hello: Document, _ word: String) throws {
        let refusal = try #require(ServerProof.refusal(of: hello))
        #expect(refusal.code == .unsupported)
        #expect(refusal.message.contains(word), "\(refusal.message)")
    }

    @Test("a standalone server is refused at once, by its name and not after a time limit", .needsMongod)
    func standalone() async throws {
        let server = try await MongodServer.startStandalone()
        defer { server.removeData() }
        var configuration = MongoConnection.Configuration()
        // An error that waits for it would be seen.
        configuration.serverSelectionTimeout = .seconds(120)
        let start = ContinuousClock.now
        for uri in ["mongodb://127.0.0.1:\(server.port)/", "mongodb://127.0.0.1:\(server.port)/?directConnection=true"]
        {
            let error = await #expect(throws: StoreError.self) {
                _ = try await MongoConnection.open(uri, configuration: configuration)
            }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("--replSet") == true)
        }
        #expect(start.duration(to: .now) < .seconds(60))
    }
}
