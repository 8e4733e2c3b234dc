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
        reopen: { store in try await open((store as! SQLiteEventStore).database.path) },
        dispose: { store in remove((store as! SQLiteEventStore).database.path) },
        makeStore: { try await open(folder.file("events-\(UUID().uuidString).sqlite")) }
    )

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
