import Foundation
import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("The write-ahead log", .timeLimit(.minutes(5)))
struct CheckpointTests {
    private let folder = TemporaryFolder()
    /// The most pages that the log has held after a commit.
    private let longest = Locked(0)

    private func open() async throws -> SQLiteDatabase {
        let database = try await SQLiteDatabase.open(at: folder.file())
        try await database.writer.write { (connection) throws(StoreError) in
            try connection.execute("CREATE TABLE blobs (data BLOB)")
        }
        return database
    }

    /// Commits one row of about so many pages; returns the length of the log after it.
    private func write(pages: Int, to writer: Writer) async throws -> Int {
        try await writer.write { (connection) throws(StoreError) in
            try connection.execute("INSERT INTO blobs VALUES (zeroblob(\(pages * 4_096 - 200)))")
        }
        let pages = try await writer.run { (connection) throws(StoreError) in connection.logSize.pages }
        longest.withLock { $0 = max($0, pages) }
        return pages
    }

    /// Commits large rows until the log is long enough to be copied; returns how many.
    @discardableResult
    private func writeLongLog(to writer: Writer) async throws -> Int {
        var (length, rows) = (0, 0)
        while rows < 100, length < Checkpointer.pages {
            length = try await write(pages: 400, to: writer)
            rows += 1
        }
        #expect(length >= Checkpointer.pages)
        return rows
    }

    /// Commits small rows until the log has begun anew.
    private func waitForNewLog(_ writer: Writer, pages: Int = 1) async throws {
        for _ in 0..<5_000 {
            if try await write(pages: pages, to: writer) < Checkpointer.pages { return }
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
            try await writeLongLog(to: database.writer)
            try await waitForNewLog(database.writer)
            #expect(try size() >= round * (Checkpointer.pages - 400) * 4_096)
        }
        #expect(try size(of: "-wal") < 3 * Checkpointer.pages * 4_096)
        // A header, and a frame for each page: the second round was written over the first.
        #expect(try size(of: "-wal") <= 32 + longest.withLock { $0 } * (24 + 4_096))
        await database.close()
    }

    @Test("waits for a reader that still needs its beginning, and no commit waits for it")
    func reader() async throws {
        let database = try await open()
        _ = try await write(pages: 1, to: database.writer)
        let reader = try Connection(path: folder.file(), access: .readOnly, busyTimeout: .zero)
        try reader.execute("BEGIN; SELECT count(*) FROM blobs")
        try await writeLongLog(to: database.writer)
        var length = 0
        while length < 2 * Checkpointer.pages { length = try await write(pages: 400, to: database.writer) }
        #expect(try reader.integer("SELECT count(*) FROM blobs") == 1)
        try reader.execute("COMMIT")
        // It has to grow by another quarter until it is tried again.
        try await waitForNewLog(database.writer, pages: 50)
        await database.close()
    }

    @Test("is copied by the writer alone when no other connection can be opened")
    func alone() async throws {
        await (try await open()).close()
        let connection = try Connection(path: folder.file(), access: .readWrite, busyTimeout: .zero)
        connection.takeOverCheckpoints()
        let attempts = Locked(0)
        let checkpointer = Checkpointer(name: "test") { () throws(StoreError) in
            attempts.withLock { $0 += 1 }
            throw StoreError(.unavailable, "No descriptor is left.")
        }
        let writer = Writer(connection: connection, checkpointer: checkpointer, name: "test")
        try await writeLongLog(to: writer)
        try await waitForNewLog(writer)
        #expect(attempts.withLock { $0 } >= 1)
        await writer.stop()
    }

    @Test("is whole after its process died: before, while and after it was copied")
    func died() async throws {
        await (try await open()).close()
        let writing = try Connection(path: folder.file(), access: .readWrite, busyTimeout: .zero)
        writing.takeOverCheckpoints()
        let copying = try Connection(path: folder.file(), access: .readWrite, busyTimeout: .zero)
        let reading = try Connection(path: folder.file(), access: .readOnly, busyTimeout: .zero)
        func insert(_ count: Int) throws {
            for _ in 0..<count { try writing.execute("INSERT INTO blobs VALUES (randomblob(40000))") }
        }
        try insert(20)
        try expectWholeCopy(rows: 20)
        // The reader keeps what comes behind it from being copied.
        try reading.execute("BEGIN; SELECT count(*) FROM blobs")
        try insert(20)
        try copying.copyLog()
        try expectWholeCopy(rows: 40)
        try copying.syncFile()
        try insert(1)
        try expectWholeCopy(rows: 41)
        try reading.execute("COMMIT")
        try writing.copyLog()
        try expectWholeCopy(rows: 41)
        let length = writing.logSize.pages
        try insert(1)
        #expect(writing.logSize.pages < length)
        try expectWholeCopy(rows: 42)
    }

    /// Opens a copy of the file and its log, as a process finds them after a crash: without the index in shared memory.
    private func expectWholeCopy(rows: Int) throws {
        let copy = folder.file("copy-\(rows)-\(UUID().uuidString).sqlite")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: folder.file() + suffix, toPath: copy + suffix)
        }
        let shell = Shell(path: copy)
        #expect(try shell.run("PRAGMA integrity_check") == [["ok"]])
        #expect(try shell.run("SELECT count(*), min(length(data)) FROM blobs") == [["\(rows)", "40000"]])
    }

    @Test("of a file that was closed with a copying under way is empty, and every commit is in the file")
    func closedMeanwhile() async throws {
        for _ in 0..<3 {
            let database = try await open()
            let rows = try await writeLongLog(to: database.writer)
            await database.close()
            #expect(!FileManager.default.fileExists(atPath: folder.file() + "-wal"))
            let shell = Shell(path: folder.file())
            #expect(try shell.run("PRAGMA integrity_check") == [["ok"]])
            #expect(try shell.run("SELECT count(*) FROM blobs") == [["\(rows)"]])
            try shell.run("DROP TABLE blobs")
        }
    }
}
