import Foundation
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@testable import SQLiteAdapter

@Suite("Conformance of the SQLite stores", .timeLimit(.minutes(10)))
struct SQLiteConformanceTests {
    private static let folder = TemporaryFolder()

    private static let eventSuite = EventStoreConformance(
        options: .fromEnvironment,
        reopen: { store in try await open((store as! SQLiteEventStore).database.path) },
        dispose: { store in remove((store as! SQLiteEventStore).database.path) },
        makeStore: { try await open(folder.file("events-\(UUID().uuidString).sqlite")) }
    )

    private static let documentSuite = DocumentStoreConformance(
        options: .fromEnvironment,
        reopen: { store in
            let store = store as! SQLiteDocumentStore
            await store.database.close()
            let database = try await SQLiteDatabase.open(at: store.database.path)
            return SQLiteDocumentStore(store.id, in: database, now: store.now)
        },
        dispose: { store in
            let store = store as! SQLiteDocumentStore
            await store.database.close()
            remove(store.database.path)
        },
        makeStore: { (clock: ManualWallClock) in
            let database = try await SQLiteDatabase.open(at: folder.file("documents-\(UUID().uuidString).sqlite"))
            return SQLiteDocumentStore("sqlite", in: database, now: { clock.now })
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

    @Sendable private static func open(_ path: String) async throws(StoreError) -> SQLiteEventStore {
        try await SQLiteEventStore.open("sqlite", at: path)
    }

    @Sendable private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}
