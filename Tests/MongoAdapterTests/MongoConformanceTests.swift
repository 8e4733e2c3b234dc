import CutoverMongoServer
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import MongoAdapter
import Testing

@Suite("Conformance of the MongoDB stores", .timeLimit(.minutes(10)), .needsMongod, .mongod)
struct MongoConformanceTests {
    private static let eventSuite = EventStoreConformance(
        options: ConformanceOptions(sequences: 60),
        reopen: { store in
            let store = store as! MongoEventStore
            return try await TestBed.events(in: store.database)
        },
        dispose: { store in await TestBed.drop((store as! MongoEventStore).database) },
        makeStore: { try await TestBed.events(in: MongodServer.databaseName()) }
    )

    private static let documentSuite = DocumentStoreConformance(
        options: ConformanceOptions(sequences: 60),
        reopen: { store in
            let store = store as! MongoDocumentStore
            return try await TestBed.documents(in: store.database)
        },
        dispose: { store in await TestBed.drop((store as! MongoDocumentStore).database) },
        makeStore: { (clock: ManualWallClock) in
            try await TestBed.documents(in: MongodServer.databaseName(), now: { clock.now })
        }
    )

    @Test("documents", arguments: documentSuite.behaviours)
    func documents(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }

    @Test("events", arguments: eventSuite.behaviours)
    func events(_ behaviour: Behaviour) async throws {
        try await behaviour.run()
    }
}
