import MigrationCore
import Synchronization
import Testing

@testable import SQLiteAdapter

@Suite("The writer", .timeLimit(.minutes(5)))
struct WriterTests {
    private let folder = TemporaryFolder()

    private func open() async throws -> SQLiteDatabase {
        let database = try await SQLiteDatabase.open(at: folder.file())
        try await database.writer.write { (connection) throws(StoreError) in
            try connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        }
        return database
    }

    private func insert(_ number: Int, into database: SQLiteDatabase) async throws(StoreError) {
        try await database.writer.write { (connection) throws(StoreError) in
            try connection.execute("INSERT INTO numbers VALUES (\(number))")
        }
    }

    private func numbers() throws -> [String?] {
        try Shell(path: folder.file()).run("SELECT number FROM numbers ORDER BY number").map { $0[0] }
    }

    @Test("works that arrive together are committed together, each with its own result")
    func group() async throws {
        let database = try await open()
        let transactions = Locked<Set<Int>>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let result = try await database.writer.write { (connection) throws(StoreError) -> Int in
                        try connection.execute("INSERT INTO numbers VALUES (\(number))")
                        return number
                    }
                    #expect(result == number)
                    transactions.withLock { _ = $0.insert(result) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try numbers().count == 64)
        #expect(transactions.withLock { $0.count } == 64)
        await database.close()
    }

    @Test("a work that fails before it writes, or after, leaves the others of its group alone")
    func failureInGroup() async throws {
        let database = try await open()
        try await insert(5, into: database)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<32 {
                group.addTask {
                    do throws(StoreError) {
                        try await database.writer.write { (connection) throws(StoreError) in
                            if number == 3 { throw StoreError(.versionConflict, "refused before it wrote") }
                            try connection.execute("INSERT INTO numbers VALUES (\(number + 1000))")
                            // The second statement of number 5 fails after the first has written.
                            if number == 5 { try connection.execute("INSERT INTO numbers VALUES (5)") }
                        }
                        #expect(number != 3 && number != 5)
                    } catch {
                        #expect(error.code == (number == 3 ? .versionConflict : .corrupt))
                        #expect(number == 3 || number == 5)
                    }
                }
            }
        }
        let expected = [5] + (0..<32).filter { $0 != 3 && $0 != 5 }.map { $0 + 1000 }
        #expect(try numbers() == expected.map { "\($0)" })
        await database.close()
    }

    @Test("what the commit itself refuses is acknowledged to nobody")
    func refusedCommit() async throws {
        let database = try await open()
        try await database.writer.run { (connection) throws(StoreError) in
            try connection.execute(
                """
                PRAGMA foreign_keys = ON;
                CREATE TABLE notes (number INTEGER REFERENCES numbers DEFERRABLE INITIALLY DEFERRED)
                """
            )
        }
        await #expect(throws: StoreError.self) {
            try await database.writer.write { (connection) throws(StoreError) in
                try connection.execute("INSERT INTO notes VALUES (7)")
            }
        }
        try await insert(1, into: database)
        #expect(try Shell(path: folder.file()).run("SELECT count(*) FROM notes") == [["0"]])
        await database.close()
    }

    @Test("a cancelled work that waits is never run, and the writer goes on")
    func cancellation() async throws {
        let database = try await open()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await insert(1, into: database)
        }
        await expect(.cancelled) { try await task.value }
        try await insert(2, into: database)
        #expect(try numbers() == ["2"])
        await database.close()
    }

    @Test("closing finishes what was accepted and refuses what comes later")
    func closing() async throws {
        let database = try await open()
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do throws(StoreError) {
                        try await insert(number, into: database)
                        return true
                    } catch {
                        #expect(error.code == .closed)
                        return false
                    }
                }
            }
            group.addTask {
                await database.close()
                return false
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(try numbers().count == outcomes)
        await expect(.closed) { try await insert(1_000, into: database) }
        await database.close()
    }

    @Test("another process that holds the file is waited for up to the deadline, then reported as busy")
    func busy() async throws {
        let database = try await open()
        await database.close()
        var configuration = SQLiteDatabase.Configuration()
        configuration.busyTimeout = .milliseconds(100)
        let impatient = try await SQLiteDatabase.open(at: folder.file(), configuration: configuration)
        let patient = try await SQLiteDatabase.open(at: folder.file())
        let other = try Connection(path: folder.file(), access: .readWrite, busyTimeout: .seconds(5))
        try other.execute("BEGIN IMMEDIATE")
        let clock = ContinuousClock()
        let start = clock.now
        await expect(.busy) { try await insert(1, into: impatient) }
        let waited = clock.now - start
        #expect(waited >= .milliseconds(100) && waited < .seconds(60))
        async let late: Void = insert(2, into: patient)
        try await Task.sleep(for: .milliseconds(50))
        try other.execute("INSERT INTO numbers VALUES (3); COMMIT")
        try await late
        #expect(try numbers() == ["2", "3"])
        await impatient.close()
        await patient.close()
    }

    @Test("a full disk is reported as such, keeps what was acknowledged, and goes away with room")
    func fullDisk() async throws {
        let database = try await open()
        try await insert(1, into: database)
        try await database.writer.run { (connection) throws(StoreError) in
            try connection.execute("CREATE TABLE blobs (bytes BLOB)")
            let pages = try connection.integer("PRAGMA page_count") ?? 0
            try connection.execute("PRAGMA max_page_count = \(pages + 1)")
        }
        await expect(.diskFull) {
            try await database.writer.write { (connection) throws(StoreError) in
                try connection.execute("INSERT INTO numbers VALUES (2); INSERT INTO blobs VALUES (randomblob(100000))")
            }
        }
        #expect(try numbers() == ["1"])
        try await database.writer.run { (connection) throws(StoreError) in
            try connection.execute("PRAGMA max_page_count = 1000000")
        }
        try await insert(3, into: database)
        #expect(try numbers() == ["1", "3"])
        await database.close()
    }

    @Test("a file that was opened for reading refuses to write, and can be read")
    func readOnly() async throws {
        let database = try await open()
        try await insert(1, into: database)
        var configuration = SQLiteDatabase.Configuration()
        configuration.access = .readOnly
        let reader = try await SQLiteDatabase.open(at: folder.file(), configuration: configuration)
        await expect(.readOnly) { try await insert(2, into: reader) }
        let count = try await reader.readers.read { (connection) throws(StoreError) in
            try connection.integer("SELECT count(*) FROM numbers")
        }
        #expect(count == 1)
        await reader.close()
        await database.close()
    }

    @Test("a cancelled read is interrupted, and the connection is usable afterwards")
    func interruptedRead() async throws {
        let database = try await open()
        let task = Task {
            try await database.readers.read { (connection) throws(StoreError) in
                try connection.integer(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
                )
            }
        }
        try await Task.sleep(for: .milliseconds(30))
        task.cancel()
        await expect(.cancelled) { _ = try await task.value }
        for _ in 0..<4 {
            let one = try await database.readers.read { (connection) throws(StoreError) in
                try connection.integer("SELECT 1")
            }
            #expect(one == 1)
        }
        await database.close()
    }
}
