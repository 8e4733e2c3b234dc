import Foundation
import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("The write-ahead log", .timeLimit(.minutes(5)))
struct CheckpointTests {
    private let folder = TemporaryFolder()

    private func open() async throws -> SQLiteDatabase {
        let database = try await SQLiteDatabase.open(at: folder.file())
        try await database.writer.write { (connection) throws(StoreError) in
            try connection.execute("CREATE TABLE blobs (data BLOB)")
        }
        return database
    }

    /// Commits one row of about so many pages; returns the length of the log after it.
    private func write(pages: Int, to database: SQLiteDatabase) async throws -> Int {
        try await database.writer.write { (connection) throws(StoreError) in
            try connection.execute("INSERT INTO blobs VALUES (zeroblob(\(pages * 4_096 - 200)))")
        }
        return try await database.writer.run { (connection) throws(StoreError) in connection.logSize.pages }
    }

    /// Commits large rows until the log is long enough to be copied.
    private func writeLongLog(to database: SQLiteDatabase) async throws {
        var length = 0
        for _ in 0..<100 where length < Checkpointer.pages { length = try await write(pages: 400, to: database) }
        #expect(length >= Checkpointer.pages)
    }

    /// Commits small rows until the log has begun anew.
    private func waitForNewLog(_ database: SQLiteDatabase, pages: Int = 1) async throws {
        for _ in 0..<5_000 {
            if try await write(pages: pages, to: database) < Checkpointer.pages { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("The log never began anew.")
    }

    private func size(of suffix: String = "") throws -> Int {
        try Data(contentsOf: URL(fileURLWithPath: folder.file() + suffix), options: .alwaysMapped).count
    }

    @Test("is copied into the file beside the commits when it is long, and begins anew")
    func beginsAnew() async throws {
        let database = try await open()
        for round in 1...2 {
            try await writeLongLog(to: database)
            try await waitForNewLog(database)
            #expect(try size() >= round * (Checkpointer.pages - 400) * 4_096)
        }
        #expect(try size(of: "-wal") < 3 * Checkpointer.pages * 4_096)
        await database.close()
    }

    @Test("waits for a reader that still needs its beginning, and no commit waits for it")
    func reader() async throws {
        let database = try await open()
        _ = try await write(pages: 1, to: database)
        let reader = try Connection(path: folder.file(), access: .readOnly, busyTimeout: .zero)
        try reader.execute("BEGIN; SELECT count(*) FROM blobs")
        try await writeLongLog(to: database)
        var length = 0
        while length < 2 * Checkpointer.pages { length = try await write(pages: 400, to: database) }
        #expect(try reader.integer("SELECT count(*) FROM blobs") == 1)
        try reader.execute("COMMIT")
        // It has to grow by another quarter until it is tried again.
        try await waitForNewLog(database, pages: 50)
        await database.close()
    }

    @Test("is copied by the writer alone when no other connection can be opened")
    func alone() async {
        let checkpointer = Checkpointer(name: "test") { () throws(StoreError) in
            throw StoreError(.unavailable, "No descriptor is left.")
        }
        await withCheckedContinuation { done in checkpointer.copyLog { done.resume() } }
        await checkpointer.stop()
    }

    @Test("of a file that was closed with a copying under way is empty, and every commit is in the file")
    func closedMeanwhile() async throws {
        for _ in 0..<3 {
            let database = try await open()
            try await writeLongLog(to: database)
            await database.close()
            #expect(!FileManager.default.fileExists(atPath: folder.file() + "-wal"))
            let shell = Shell(path: folder.file())
            #expect(try shell.run("PRAGMA integrity_check") == [["ok"]])
            #expect(try shell.run("SELECT count(*) >= 10 FROM blobs") == [["1"]])
            try shell.run("DROP TABLE blobs")
        }
    }
}
