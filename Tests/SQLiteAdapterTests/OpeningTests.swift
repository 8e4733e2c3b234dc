import Foundation
import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("Opening an SQLite file", .timeLimit(.minutes(5)))
struct OpeningTests {
    private let folder = TemporaryFolder()

    @Test("a file that is missing is created, in write-ahead mode, with our mark and version")
    func creates() async throws {
        let database = try await SQLiteDatabase.open(at: folder.file())
        await database.close()
        let shell = Shell(path: folder.file())
        #expect(try shell.run("PRAGMA application_id") == [["\(0x4375_746F)"]])
        #expect(try shell.run("PRAGMA user_version") == [["\(Schema.version)"]])
        #expect(try shell.run("PRAGMA journal_mode") == [["wal"]])
    }

    @Test("a commit waits for the disk, unless less was asked for")
    func synchronous() async throws {
        for (durability, level) in [(SQLiteDatabase.Configuration().durability, Int64(2)), (.normal, 1)] {
            var configuration = SQLiteDatabase.Configuration()
            configuration.durability = durability
            let database = try await SQLiteDatabase.open(at: folder.file(), configuration: configuration)
            let found = try await database.writer.run { (connection) throws(StoreError) in
                try connection.integer("PRAGMA synchronous")
            }
            #expect(found == level)
            await database.close()
        }
    }

    @Test("a file that is there is opened again, also by several at once")
    func reopens() async throws {
        for _ in 0..<3 { await (try await SQLiteDatabase.open(at: folder.file())).close() }
        let path = folder.file("raced.sqlite")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { await (try await SQLiteDatabase.open(at: path)).close() }
            }
            try await group.waitForAll()
        }
    }

    @Test("a file of another program is refused and stays as it was")
    func foreignFile() async throws {
        let shell = Shell(path: folder.file())
        try shell.run("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
        await expect(.foreignFile) { _ = try await SQLiteDatabase.open(at: folder.file()) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == before)
    }

    @Test("a write-ahead log that another program left behind stays where it is")
    func foreignLog() async throws {
        let other = try Connection(path: folder.file("live.sqlite"), access: .create, busyTimeout: .zero)
        try other.execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')"
        )
        // As after a crash of the other program: the files, without the process.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("live.sqlite" + suffix),
                toPath: folder.file("crashed.sqlite" + suffix)
            )
        }
        let urls = ["", "-wal"].map { URL(fileURLWithPath: folder.file("crashed.sqlite" + $0)) }
        let before = try urls.map { try Data(contentsOf: $0) }
        await expect(.foreignFile) { _ = try await SQLiteDatabase.open(at: folder.file("crashed.sqlite")) }
        #expect(try urls.map { try Data(contentsOf: $0) } == before)
        #expect(try Shell(path: folder.file("crashed.sqlite")).run("SELECT text FROM notes") == [["mine"]])
    }

    @Test("a closed file is one file, without a log beside it")
    func tidy() async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        _ = try await store.write([:], to: .order("a"))
        #expect(try await store.read(.order("a")) != nil)
        await store.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["test.sqlite"])
    }

    @Test("a file with the mark of another program is refused")
    func foreignMark() async throws {
        try Shell(path: folder.file()).run("PRAGMA application_id = 1196444487")
        await expect(.foreignFile) { _ = try await SQLiteDatabase.open(at: folder.file()) }
    }

    @Test("a file that is no database is refused and stays as it was")
    func notADatabase() async throws {
        let text = Data(String(repeating: "This is a letter, not a database. ", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: folder.file()))
        await expect(.foreignFile) { _ = try await SQLiteDatabase.open(at: folder.file()) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file())) == text)
    }

    @Test("a file with a newer schema is refused")
    func newerSchema() async throws {
        await (try await SQLiteDatabase.open(at: folder.file())).close()
        try Shell(path: folder.file()).run("PRAGMA user_version = \(Schema.version + 1)")
        await expect(.newerSchema) { _ = try await SQLiteDatabase.open(at: folder.file()) }
    }

    @Test("a file of each older version is upgraded with everything in it, and refused where it may not be written")
    func olderSchema() async throws {
        for version in 1..<Int(Schema.version) {
            let path = folder.file("version-\(version).sqlite")
            let steps = Schema.upgrades[..<version].flatMap { $0 }.joined(separator: ";\n")
            try Shell(path: path).run(
                """
                \(steps);
                PRAGMA application_id = \(Schema.applicationID);
                PRAGMA user_version = \(version);
                INSERT INTO documents (collection, id, body, etag) VALUES
                    ('orders', 'a', '{"n":{"$numberInt":"1"}}', 'tag-a'), ('orders', 'b', '{"n": 2}', 'tag-b')
                """
            )
            var configuration = SQLiteDatabase.Configuration()
            configuration.access = .readOnly
            await expect(.invalidConfiguration) {
                _ = try await SQLiteDatabase.open(at: path, configuration: configuration)
            }
            for _ in 0..<2 {
                let store = try await SQLiteDocumentStore.open("test", at: path)
                #expect(try await store.read(.order("a"))?.etag == ETag("tag-a"))
                #expect(
                    try await store.queryAll(DocumentQuery("orders", where: .equal("n", 1)), pageSize: 9) == [
                        .order("a")
                    ]
                )
                #expect(try await store.count("orders", partition: nil, where: .less("n", 5)) == 2)
                #expect(
                    try await store.write(["n": 3], to: .order("b"), condition: .ifMatches(ETag("tag-b"))).isApplied
                )
                try Shell(path: path).run("UPDATE documents SET body = '{\"n\": 2}', etag = 'tag-b' WHERE id = 'b'")
                #expect(try await store.count("orders", partition: nil, where: .equal("n", 2)) == 1)
                await store.close()
            }
            #expect(try Shell(path: path).run("PRAGMA user_version") == [["\(Schema.version)"]])
        }
    }

    @Test("every table and every column is on the page that documents the layout")
    func documented() async throws {
        await (try await SQLiteDatabase.open(at: folder.file())).close()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let page = try String(
            contentsOf: root.appendingPathComponent("Sources/SQLiteAdapter/Documentation.docc/TheSQLiteFile.md"),
            encoding: .utf8
        )
        let columns = try Shell(path: folder.file()).run(
            """
            SELECT s.name, c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
            WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'
            """
        )
        #expect(columns.count > 30)
        for row in columns {
            let (table, column) = (try #require(row[0]), try #require(row[1]))
            #expect(page.contains("`\(table)`"), "the table \(table) is not documented")
            #expect(table == "identity" || page.contains("`\(column)`"), "\(table).\(column) is not documented")
        }
        #expect(page.contains("version of the schema, now \(Schema.version)"))
    }

    @Test("a damaged file is reported as corrupt")
    func corrupt() async throws {
        await (try await SQLiteDatabase.open(at: folder.file())).close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file()))
        // The header stays; the root page of the schema becomes nonsense.
        bytes.replaceSubrange(100..<4_000, with: Data(repeating: 0xA5, count: 3_900))
        try bytes.write(to: URL(fileURLWithPath: folder.file()))
        await expect(.corrupt) { _ = try await SQLiteDatabase.open(at: folder.file()) }
    }

    @Test("a missing folder, and a missing file that must exist, are reported as unavailable")
    func missing() async throws {
        await expect(.unavailable) { _ = try await SQLiteDatabase.open(at: folder.file("no/such/folder.sqlite")) }
        var configuration = SQLiteDatabase.Configuration()
        configuration.access = .existing
        await expect(.unavailable) {
            _ = try await SQLiteDatabase.open(at: folder.file("absent.sqlite"), configuration: configuration)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("absent.sqlite")))
    }

    @Test("settings that cannot be honoured are refused by name", arguments: [0, 1, 2, 3, 4])
    func settings(setting: Int) async throws {
        var configuration = SQLiteDatabase.Configuration()
        switch setting {
        case 0: configuration.readerLaneCount = 0
        case 1: configuration.busyTimeout = .seconds(-1)
        case 2: configuration.pageCacheBytes = -1
        case 3: configuration.retainedChangeCount = 0
        default: configuration.maximumIdleLogBytes = -1
        }
        await expect(.invalidConfiguration) {
            _ = try await SQLiteDatabase.open(at: folder.file(), configuration: configuration)
        }
    }

    @Test("a database in memory is refused, since its connections would not share it", arguments: ["", ":memory:"])
    func memory(path: String) async {
        await expect(.invalidConfiguration) { _ = try await SQLiteDatabase.open(at: path) }
    }
}

/// Expects a call to throw a `StoreError` with this code.
func expect(
    _ code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing was thrown, expected \(code)", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        #expect(error.code == code, "\(String(reflecting: error))", sourceLocation: sourceLocation)
    } catch {
        Issue.record("expected \(code), got \(error)", sourceLocation: sourceLocation)
    }
}
