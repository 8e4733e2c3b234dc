import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

@Suite("Connections to MongoDB", .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test(
        "an option that weakens a promise is refused by name",
        arguments: [
            ("w=1", "w"), ("w=0", "w"), ("journal=false", "journal"), ("readConcernLevel=local", "readConcernLevel"),
            ("readConcernLevel=available", "readConcernLevel"), ("readPreference=secondary", "readPreference"),
            ("retryWrites=false", "retryWrites"),
        ]
    )
    func weakOptions(_ option: String, _ name: String) async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await MongoConnection.open("mongodb://127.0.0.1:1/?\(option)")
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(name) == true)
    }

    @Test(
        "no part of a credential shows in the description of a connection string",
        arguments: [
            "mongodb://ada:s3cret@db1:27018,db2/shop?replicaSet=main&authSource=admin",
            "mongodb://ada:s3cret@db1/?authMechanism=GSSAPI&authMechanismProperties=SERVICE_NAME:s3cret",
            "mongodb://ada:s%403cret%2Fs3cret@db1/shop?tls=true&tlsCertificateKeyFilePassword=s3cret",
            "mongodb+srv://ada:s3cret@cluster.example.org/shop",
            "mongodb://CN=ada,OU=s3cret@db1/?authMechanism=MONGODB-X509&tls=true",
        ]
    )
    func redaction(_ text: String) throws {
        let uri = try MongoURI(text)
        for secret in ["s3cret", "3cret", "ada"] {
            #expect(!"\(uri)".contains(secret))
        }
        #expect(
            "\(uri)".hasPrefix(text.hasPrefix("mongodb+srv") ? "mongodb+srv://cluster.example.org" : "mongodb://db1")
        )
    }

    @Test("the description keeps hosts, database and harmless options")
    func description() throws {
        let uri = try MongoURI(
            "mongodb://ada:x@db1:27018,db2/shop?replicaSet=main&compressors=zlib&socketTimeoutMS=700"
        )
        #expect("\(uri)".contains("db1:27018,db2:27017/shop?"))
        #expect("\(uri)".contains("replicaset=main"))
        #expect("\(uri)".contains("sockettimeoutms=700"))
        #expect(uri.database == "shop")
    }

    @Test(
        "what is no connection string is refused without repeating it",
        arguments: ["", "http://x", "mongodb://a:s3cret@"]
    )
    func nonsense(_ text: String) {
        let error = #expect(throws: StoreError.self) { _ = try MongoURI(text) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { String(reflecting: $0).contains("s3cret") } == false)
    }

    @Test("a server that is not there is unavailable within the time to look for one")
    func nobodyThere() async throws {
        var configuration = MongoConnection.Configuration()
        configuration.serverSelectionTimeout = .milliseconds(300)
        // Were one of these the limit, it would show, however busy the machine is.
        configuration.connectTimeout = .seconds(600)
        configuration.socketTimeout = .seconds(600)
        var fastest = Duration.seconds(600)
        // A machine that is busy with all other tests may delay one attempt; it does not delay three.
        for _ in 0..<3 where fastest >= .seconds(20) {
            let start = ContinuousClock.now
            let error = await #expect(throws: StoreError.self) {
                _ = try await MongoConnection.open(
                    "mongodb://127.0.0.1:1/?replicaSet=none",
                    configuration: configuration
                )
            }
            #expect(error?.code == .unavailable)
            fastest = min(fastest, start.duration(to: .now))
        }
        #expect(fastest < .seconds(20))
    }

    @Test(
        "a name that MongoDB does not take for a database is refused",
        .needsMongod,
        .mongod,
        arguments: ["", "a.b", "admin", "a b"]
    )
    func databaseNames(_ name: String) async throws {
        let connection = try await TestBed.connection()
        let error = await #expect(throws: StoreError.self) {
            _ = try await MongoEventStore.open("mongo", on: connection, database: name)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
