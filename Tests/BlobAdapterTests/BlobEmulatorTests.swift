import CutoverAzureServer
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@testable import BlobAdapter

/// The suites over real HTTP, with signatures checked, against the emulator that the official clients are held to, too.
@Suite("Blob Storage over HTTP", .timeLimit(.minutes(10)), .needsAzureEmulator, .azureEmulator)
struct BlobEmulatorTests {
    private static let containers = Locked<[ObjectIdentifier: String]>([:])
    private static let options = ConformanceOptions(sequences: 10, tasks: 4)

    private static func configuration(_ container: String) throws -> BlobConfiguration {
        let server = try #require(AzureServer.shared)
        var configuration = try BlobConfiguration(connectionString: server.storage, container: container)
        configuration.createsContainer = true
        return configuration
    }

    private static func note<Store: AnyObject>(_ store: Store, _ container: String) -> Store {
        containers.withLock { $0[ObjectIdentifier(store)] = container }
        return store
    }

    private static func container(of store: any Sendable) throws -> String {
        try #require(containers.withLock { $0[ObjectIdentifier(store as AnyObject)] })
    }

    private static func open(_ container: String) async throws -> any DocumentStore {
        note(try await BlobDocumentStore.connect(id: "blobs", try configuration(container)), container)
    }

    private static let suite = DocumentStoreConformance(
        options: options,
        reopen: { try await open(try container(of: $0)) },
        makeStore: { () in try await open(AzureServer.freshName()) }
    )

    @Test("documents", arguments: suite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    private static func openMetadata(_ container: String) async throws -> any DocumentStore {
        note(try await BlobMetadataStore.connect(id: "metadata", try configuration(container)), container)
    }

    private static let metadataSuite = DocumentStoreConformance(
        options: options,
        reopen: { try await openMetadata(try container(of: $0)) },
        makeStore: { () in try await openMetadata(AzureServer.freshName()) }
    )

    @Test("metadata", arguments: metadataSuite.behaviours)
    func metadata(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    private static func openEvents(_ container: String) async throws -> any FencedEventStore {
        var options = BlobLogOptions()
        options.pollingInterval = .milliseconds(10)
        options.maximumSegmentRecords = 5
        return note(
            try await BlobEventStore.connect(id: "events", try configuration(container), options: options),
            container
        )
    }

    private static let eventSuite = EventStoreConformance(
        options: options,
        reopen: { try await openEvents(try container(of: $0)) },
        makeStore: { try await openEvents(AzureServer.freshName()) }
    )

    @Test("events", arguments: eventSuite.behaviours)
    func events(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    @Test("content of several blocks comes back byte for byte, whole and in ranges")
    func contents() async throws {
        var configuration = try Self.configuration(AzureServer.freshName())
        configuration.blockBytes = 1 << 20
        let store = try await BlobContentStore.connect(id: "contents", configuration)
        let bytes = (0..<(9 << 20) + 7).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var options = BlobContentOptions()
        options.metadata = ["owner": "ada", "page_1": "a b"]
        options.type = "image/png"
        let outcome = try await store.write("a/M\u{E4}rz.png", bytes, options: options)
        let content = try #require(try await store.content("a/M\u{E4}rz.png"))
        #expect(content.etag == outcome.etag && content.byteCount == bytes.count && content.type == "image/png")
        #expect(content.metadata == options.metadata)
        #expect(try await store.read("a/M\u{E4}rz.png")?.collect(maximumBytes: bytes.count) == bytes)
        let range = (4 << 20) - 3..<(4 << 20) + 9
        #expect(try await store.read("a/M\u{E4}rz.png", range: range)?.collect(maximumBytes: 20) == Array(bytes[range]))
        #expect(try await store.list("a/").contents == [content])
        _ = try await store.write("empty", [])
        #expect(try await store.read("empty")?.collect(maximumBytes: 0) == [])
        #expect(try await store.delete("a/M\u{E4}rz.png", ifMatches: content.etag).isApplied)
        #expect(try await store.content("a/M\u{E4}rz.png") == nil)
        await store.close()
    }
}
