import MigrationCore
import MigrationTesting
import Testing

@testable import SQLiteAdapter

/// Which rows leave SQLite: the tests of what filters and sorts mean cannot tell whether SQL did the work.
@Suite("Filters and orders run in SQL", .timeLimit(.minutes(5)))
struct PushdownTests {
    private let folder = TemporaryFolder()
    private let now = WallTime(millisecondsSinceEpoch: 1_700_000_000_000)

    /// 100 documents: `n` is 0 to 99 as an integer, `price` half of it as a double, and so on.
    private func connection() async throws -> Connection {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        for number in 0..<100 {
            let document: Document = [
                "n": .int64(Int64(number)), "price": .double(Double(number) / 2), "name": "name \(number % 10)",
                "even": .bool(number.isMultiple(of: 2)), "tags": [.string("t\(number % 4)"), "all"],
                "when": .date(now.advanced(by: .seconds(number))), "inner": ["a.b": .int32(Int32(number))],
                "id": .objectID(ObjectID(bytes: [UInt8](repeating: 0, count: 11) + [UInt8(number)])!),
                "decimal": .decimal128(Decimal128("\(number).0")!), "list": [.int32(Int32(number))],
                "mixed": number == 50 ? .double(0.1 + 0.2) : .int32(Int32(number)),
            ]
            _ = try await store.write(document, to: .order("k\(number + 100)"))
        }
        await store.close()
        return try Connection(path: folder.file(), access: .readWrite, busyTimeout: .zero)
    }

    /// The rows that SQL lets through, and of how many of them it is sure.
    private func rows(_ filter: Filter, on connection: Connection) throws -> (seen: Int, sure: Int)? {
        guard let rows = TranslatedRows(collection: "orders", partition: nil, filter: filter, now: now) else {
            return nil
        }
        var (seen, sure) = (0, 0)
        let last = try rows.visit(after: nil, on: connection) { _, isSelected in
            seen += 1
            sure += isSelected ? 1 : 0
            return .more
        }
        #expect(last == nil)
        return (seen, sure)
    }

    @Test("only what a filter selects leaves SQLite, for each operator")
    func filters() async throws {
        let connection = try await connection()
        let middle = now.advanced(by: .seconds(50))
        let exact: [(Filter, Int)] = [
            (.equal("n", 7), 1), (.equal("n", .double(7)), 1), (.equal("price", .double(3.5)), 1),
            (.equal("name", "name 3"), 10),
            (.equal("even", true), 50), (.equal("when", .date(middle)), 1), (.oneOf("n", [1, 2, 300]), 2),
            (.oneOf("name", ["name 1", "name 2"]), 20), (.exists("n"), 100),
            (.exists("absent"), 0), (.exists("n.$numberLong"), 0), (.less("n", 10), 10),
            (.lessOrEqual("n", .double(9.5)), 10),
            (.greater("n", 89), 10), (.greaterOrEqual("n", .decimal128(Decimal128("89.5")!)), 10),
            (.less("price", .double(5)), 10),
            (.greater("name", "name 8"), 10), (.less("when", .date(middle)), 50), (.lessOrEqual("even", false), 50),
            (.hasPrefix("name", "name 1"), 10), (.contains("tags", "t1"), 25), (.contains("tags", "t"), 0),
            (.contains("list", 5), 1), (.less(FieldPath(components: ["inner", "a.b"]), 5), 5),
            (.equal("tags.0", "t2"), 25),
            (.and([.equal("even", true), .less("n", 10)]), 5), (.or([.equal("n", 1), .equal("n", 2)]), 2),
            (.not(.less("n", 90)), 10), (.not(.not(.equal("name", "name 1"))), 10),
            (.less("id", .objectID(ObjectID(bytes: [UInt8](repeating: 0, count: 11) + [5])!)), 5),
        ]
        for (filter, count) in exact {
            let found = try #require(try rows(filter, on: connection), "\(filter) was not translated")
            #expect(found == (count, count), "\(filter)")
        }
        // SQL cannot tell everything: then it lets through a little more and says so.
        #expect(try rows(.equal("inner", ["a.b": 1]), on: connection)! == (100, 0))
        #expect(try rows(.equal("decimal", 7), on: connection)! == (100, 0))
        #expect(try rows(.less("decimal", 7), on: connection)! == (8, 7))
        #expect(try rows(.and([.equal("decimal", 7), .less("n", 10)]), on: connection)! == (10, 0))
        #expect(try rows(.equal("", 7), on: connection) == nil)
        #expect(try rows(.equal("a\"b", 7), on: connection) == nil)
        connection.close()
    }

    @Test("a row that another program wrote or changed leaves SQLite, to be looked at")
    func foreignRows() async throws {
        let connection = try await connection()
        let shell = Shell(path: folder.file())
        try shell.run("INSERT INTO documents (collection, id, body) VALUES ('orders', 'x', '{\"n\": 7}')")
        try shell.run("UPDATE documents SET body = '{}' WHERE id = 'k100'")
        try shell.run("UPDATE documents SET body = '{', etag = 'e' WHERE id = 'k101'")
        try shell.run("UPDATE documents SET expires_at = NULL WHERE id = 'k102'")
        #expect(try rows(.equal("n", 7), on: connection)! == (5, 1))
        connection.close()
    }

    @Test("a count is one statement where SQL knows each row, and looks at the others only")
    func counts() async throws {
        let connection = try await connection()
        func counts(_ filter: Filter) throws -> (selected: Int, open: Int) {
            try TranslatedRows(collection: "orders", partition: nil, filter: filter, now: now)!.counts(on: connection)
        }
        #expect(try counts(.less("n", 10)) == (10, 0))
        #expect(try counts(.less("decimal", 7)) == (7, 1))
        try Shell(path: folder.file()).run("UPDATE documents SET body = '{}' WHERE id > 'k197'")
        #expect(try counts(.less("n", 10)) == (10, 2))
        connection.close()
    }

    @Test("SQL puts a page in order where it knows the order of all values, and leaves it where it does not")
    func orders() async throws {
        let connection = try await connection()
        func page(_ sort: [SortField], where filter: Filter = .all) throws -> [String]? {
            let query = DocumentQuery("orders", where: filter, sort: sort)
            let cursor = try QueryCursor(query, after: nil)
            let rows = SortedRows(query, cursor: cursor, pageSize: 3, now: now)
            return try rows?.page(on: connection)?.documents.map(\.key.id.text)
        }
        #expect(try page([.descending("n")]) == ["k199", "k198", "k197"])
        #expect(try page([.descending("price")]) == ["k199", "k198", "k197"])
        #expect(try page([.ascending("name"), .descending("when")]) == ["k190", "k180", "k170"])
        #expect(try page([.ascending("even"), .descending("id")]) == ["k199", "k197", "k195"])
        #expect(try page([.ascending("absent")], where: .greater("n", 50)) == ["k151", "k152", "k153"])
        #expect(try page([.ascending("decimal")]) == nil)
        #expect(try page([.ascending("tags")]) == nil)
        #expect(try page([.ascending("mixed")]) == nil)
        // What decides are the values of the rows that the filter selects.
        #expect(try page([.ascending("mixed")], where: .less("n", 50)) == ["k100", "k101", "k102"])
        try Shell(path: folder.file()).run("UPDATE documents SET body = '{}' WHERE id = 'k150'")
        #expect(try page([.descending("n")]) == nil)
        connection.close()
    }

    @Test("a filter that matches nothing looks at a bounded number of rows a page, and still ends")
    func bounded() async throws {
        let store = try await SQLiteDocumentStore.open("test", at: folder.file())
        let count = DocumentPages.maximumRowCount + 10
        try Shell(path: folder.file()).run(
            """
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
            INSERT INTO documents (collection, id, body, etag, canonical)
                SELECT 'orders', printf('%06d', n), printf('{"n":{"$numberInt":"%d"}}', n), 'e', 'e' FROM numbers
            """
        )
        let query = DocumentQuery("orders", where: .greater("n", .int32(Int32(count - 2))))
        let first = try await store.query(query, after: nil, pageSize: 10)
        #expect(first.documents.isEmpty)
        let continuation = try #require(first.continuation)
        let second = try await store.query(query, after: continuation, pageSize: 10)
        #expect(second.documents.map(\.key.id.text) == ["\(count - 1)", "\(count)"].map { "0" + $0 })
        #expect(second.continuation == nil)
        #expect(try await store.count("orders", partition: nil, where: query.filter) == 2)
        await store.close()
    }
}
