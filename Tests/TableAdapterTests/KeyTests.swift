import MigrationCore
import Testing

@testable import TableAdapter

@Suite("Keys of entities and names of tables")
struct KeyTests {
    @Test("a partition key of one text and an id that is a text are PartitionKey and RowKey themselves")
    func plain() throws {
        let key = try EntityKey(DocumentKey(collection: "c", partition: ["Berlin"], id: "a~b 'c' =x"))
        #expect(key == EntityKey(partition: "Berlin", row: "a~b 'c' =x"))
        #expect(key.document(in: "c") == DocumentKey(collection: "c", partition: ["Berlin"], id: "a~b 'c' =x"))
    }

    @Test("different keys have different places, which hold nothing that the service refuses and lead back")
    func injective() throws {
        let texts = [
            "", " ", "a", "A", "a/b", "a\\b", "a#b", "a?b", "~", "~2F", "~7E2F", "~j", "~j[]", "~definition", "=1",
            "==1", "a\u{0}b",
            "a\u{85}b", "\u{E9}", "e\u{301}", "'", "''", "\u{1F680}", "null", "~a", "~A", "~7Ej",
        ]
        var partitions: [PartitionKey] = [
            .unpartitioned, [.absent], [nil], [true], [false], [1], [1.5], [-1], ["a", "b"], ["a", "b", "c"],
            ["a", .absent],
        ]
        partitions += texts.map { PartitionKey(.string($0)) }
        var ids = texts.map { DocumentID($0) }
        for value in [.int32(7), .int64(7), .bool(true), .null, .document(["a": "/"])] as [Value] {
            ids.append(try DocumentID(value))
        }
        var seen: Set<EntityKey> = [.definition]
        for partition in partitions {
            for id in ids {
                let key = DocumentKey(collection: "c", partition: partition, id: id)
                let place = try EntityKey(key)
                #expect(seen.insert(place).inserted)
                #expect(place.document(in: "c") == key)
                for scalar in Array(place.partition.unicodeScalars) + Array(place.row.unicodeScalars) {
                    #expect(
                        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                            && !"/\\#?".unicodeScalars.contains(scalar)
                    )
                }
            }
        }
    }

    @Test(
        "a place that no key has is none of a document",
        arguments: [("~definition", ""), ("a", "~41"), ("a", "~jx"), ("~j[1.0]", "a"), ("~j[\"a\"]", "a"), ("~q", "a")]
    )
    func foreign(_ partition: String, _ row: String) {
        #expect(EntityKey(partition: partition, row: row).document(in: "c") == nil)
    }

    @Test("a key longer than 512 characters is keyTooLong")
    func long() {
        let text = String(repeating: "x", count: 512)
        #expect(throws: Never.self) {
            try EntityKey(DocumentKey(collection: "c", partition: [.string(text)], id: DocumentID(text)))
        }
        #expect {
            try EntityKey(DocumentKey(collection: "c", id: DocumentID(text + "x")))
        } throws: {
            ($0 as? StoreError)?.code == .keyTooLong
        }
    }

    @Test("different collections have different tables, whose names the service takes, and which lead back")
    func tables() throws {
        let names = TableNames(prefix: "", given: ["orders": "Bestellungen"])
        let texts = [
            "things", "Things", "a", "ab", "x", "box", "tables", "1", "12", "a1", "c", "C", "c ", "\u{E9}", "e\u{301}",
            "c.d", "c-d", "select",
            "_x", "$y", "\u{1F680}", "orders", "x78",
        ]
        var seen: Set<String> = []
        for text in texts {
            let collection = try CollectionName(text)
            let table = try names.table(of: collection)
            #expect(seen.insert(table.lowercased()).inserted)
            #expect(TableNames.isTableName(table))
            #expect(names.collection(of: table) == collection)
        }
        #expect(try names.table(of: "things") == "things")
        #expect(names.collection(of: "BESTELLUNGEN") == "orders")
        #expect {
            try names.table(of: "bestellungen")
        } throws: {
            ($0 as? StoreError)?.code == .invalidConfiguration
        }
        #expect {
            try names.table(of: CollectionName(String(repeating: "a", count: 64)))
        } throws: {
            ($0 as? StoreError)?.code == .keyTooLong
        }
    }

    @Test("with a prefix, only tables that begin with it are collections")
    func prefixes() throws {
        let names = TableNames(prefix: "app", given: [:])
        #expect(try names.table(of: "c") == "appc")
        #expect(names.collection(of: "appc") == "c")
        #expect(names.collection(of: "other") == nil)
        #expect(names.collection(of: "app") == nil)
    }
}
