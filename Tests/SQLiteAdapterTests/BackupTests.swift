import Foundation
import MigrationCore
import SQLiteAdapter
import Testing

@Suite("Backup and integrity of an SQLite file", .timeLimit(.minutes(5)))
struct BackupTests {
    private let folder = TemporaryFolder()

    private func fill(_ store: SQLiteDocumentStore, from first: Int = 0) async throws {
        let text = String(repeating: "x", count: 2_000)
        let writes = (first..<first + 300).map { DocumentWrite.put(["text": .string(text)], to: .order("\($0)")) }
        _ = try await store.writeBatch(writes)
    }

    @Test("a backup holds the moment at which it began, while writes go on, and opens as a store")
    func backup() async throws {
        let database = try await SQLiteDatabase.open(at: folder.file())
        let store = SQLiteDocumentStore("test", in: database)
        try await fill(store)
        let steps = Locked<[SQLiteDatabase.BackupProgress]>([])
        async let late: Void = fill(store, from: 1_000)
        try await database.backUp(to: folder.file("copy.sqlite"), pagesPerStep: 10) { step in
            steps.withLock { $0.append(step) }
        }
        try await late
        let progress = steps.withLock { $0 }
        #expect(progress.count > 5 && progress.last?.remainingPageCount == 0)
        #expect(zip(progress, progress.dropFirst()).allSatisfy { $0.remainingPageCount > $1.remainingPageCount })
        let copy = try await SQLiteDatabase.open(at: folder.file("copy.sqlite"))
        let count = try await SQLiteDocumentStore("copy", in: copy).count("orders")
        #expect(count == 300 || count == 600)
        #expect(try await copy.integrityCheck().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder.file("copy.sqlite.partial")))
        await copy.close()
        await database.close()
    }

    @Test("a cancelled backup leaves no file behind, and one never replaces a file")
    func cancelled() async throws {
        let database = try await SQLiteDatabase.open(at: folder.file())
        try await fill(SQLiteDocumentStore("test", in: database))
        let path = folder.file("copy.sqlite")
        let task = Task {
            try await database.backUp(to: path, pagesPerStep: 1) { _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await expect(.cancelled) { try await task.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.hasPrefix("copy") })
        try await database.backUp(to: path)
        await expect(.invalidArgument) { try await database.backUp(to: path) }
        await expect(.unavailable) { try await database.backUp(to: folder.file("no/folder.sqlite")) }
        await database.close()
    }

    @Test("the integrity check names what is wrong, and nothing else")
    func integrity() async throws {
        let database = try await SQLiteDatabase.open(at: folder.file())
        let events = SQLiteEventStore("events", in: database)
        for tenant: TenantID in ["whole", "gap", "tail", "digest", "headless"] {
            try await events.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
            _ = try await events.append(
                [StreamAppend("s", events: (0..<4).map { .numbered($0) })],
                tenant: tenant,
                epoch: .unrouted
            )
        }
        try await events.prepare(tenant: "empty", fence: Fence(epoch: .unrouted, role: .open))
        #expect(try await database.integrityCheck().isEmpty)
        try Shell(path: folder.file()).run(
            """
            DELETE FROM events WHERE tenant = 'gap' AND position = 2;
            DELETE FROM events WHERE tenant = 'tail' AND position = 4;
            UPDATE heads SET digest = zeroblob(32) WHERE tenant = 'digest';
            DELETE FROM heads WHERE tenant = 'headless';
            INSERT INTO documents (collection, id, body) VALUES ('orders', 'a', '{'), ('orders', 'b', '{}')
            """
        )
        let problems = try await database.integrityCheck()
        #expect(
            Set(problems.map(\.subject)) == [
                .log("gap"), .log("tail"), .log("digest"), .log("headless"), .collection("orders"),
            ]
        )
        #expect(try await database.integrityCheck(limit: 1).count == 1)
        await database.close()
    }
}
