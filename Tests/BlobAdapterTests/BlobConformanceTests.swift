import CutoverAzureTransport
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@testable import BlobAdapter

/// The suites against a container in memory; what they say about the wire is unconfirmed until an emulator or the
/// service has said it too.
@Suite("Conformance of the Blob Storage stores", .timeLimit(.minutes(10)))
struct BlobConformanceTests {
    private static let containers = Locked<[ObjectIdentifier: FakeBlobs]>([:])

    private static func open(_ container: FakeBlobs) async throws -> any DocumentStore {
        let store = try await container.connect()
        containers.withLock { $0[ObjectIdentifier(store)] = container }
        return store
    }

    private static let suite = DocumentStoreConformance(
        options: .fromEnvironment,
        reopen: { store in
            let known = containers.withLock { $0[ObjectIdentifier(store as AnyObject)] }
            return try await open(try #require(known))
        },
        makeStore: { () in try await open(FakeBlobs()) }
    )

    @Test("documents", arguments: suite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    private static func openMetadata(_ container: FakeBlobs) async throws -> any DocumentStore {
        let store = try await BlobMetadataStore.connect(
            id: "metadata",
            try container.configuration(),
            in: AzureEnvironment(transport: container)
        )
        containers.withLock { $0[ObjectIdentifier(store)] = container }
        return store
    }

    private static let metadataSuite = DocumentStoreConformance(
        options: .fromEnvironment,
        reopen: { store in
            let known = containers.withLock { $0[ObjectIdentifier(store as AnyObject)] }
            return try await openMetadata(try #require(known))
        },
        makeStore: { () in try await openMetadata(FakeBlobs()) }
    )

    @Test("metadata", arguments: metadataSuite.behaviours)
    func metadata(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    private static func openEvents(_ container: FakeBlobs) async throws -> any FencedEventStore {
        var options = BlobLogOptions()
        options.pollingInterval = .milliseconds(5)
        // So that logs of a few events have several segments.
        options.maximumSegmentRecords = 3
        let store = try await BlobEventStore.connect(
            id: "events",
            try container.configuration(),
            options: options,
            in: AzureEnvironment(transport: container)
        )
        containers.withLock { $0[ObjectIdentifier(store)] = container }
        return store
    }

    private static let eventSuite = EventStoreConformance(
        options: .fromEnvironment,
        reopen: { store in
            let known = containers.withLock { $0[ObjectIdentifier(store as AnyObject)] }
            return try await openEvents(try #require(known))
        },
        makeStore: { try await openEvents(FakeBlobs()) }
    )

    @Test("events", arguments: eventSuite.behaviours)
    func events(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
