import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Names of blobs")
struct DocumentNamesTests {
    private let names = DocumentNames(prefix: "app/")

    @Test("a plain key has a name that people read")
    func plain() throws {
        let key = DocumentKey(collection: "orders", partition: ["t-1"], id: "order-17")
        #expect(try names.name(of: key) == "app/documents/orders/1/t-1/order-17.json")
        #expect(
            try names.name(of: DocumentKey(collection: "orders", id: "a.b")) == "app/documents/orders/0/a.b.json"
        )
        #expect(names.definition(of: "orders") == "app/collections/orders.json")
    }

    @Test("different keys have different names, and each name leads back to its key")
    func injective() throws {
        let texts = [
            "", " ", ".", "..", "a.", ".a", "a/b", "a\\b", "~", "~41", "A", "a", "~null", "~n1", "n1", "\u{E9}",
            "e\u{301}", "a\u{0}b",
            "\u{1F680}", "null", "true", ".json", "a.json", "%41",
        ]
        var partitions: [PartitionKey] = [
            .unpartitioned, [.absent], [nil], [true], [false], [1], [1.5], [-1], [.number(1e300)], ["a", "b"],
            ["a", "b", "c"],
            ["a", .absent],
        ]
        partitions += texts.map { PartitionKey(.string($0)) }
        var ids = texts.map { DocumentID($0) }
        for value in [.int32(7), .int64(7), .bool(true), .null, .document(["a": "/"])] as [Value] {
            ids.append(try DocumentID(value))
        }
        var seen: Set<String> = []
        for collection in ["c", "C", "c/d", "\u{E9}", "c."] as [CollectionName] {
            for partition in partitions {
                for id in ids {
                    let key = DocumentKey(collection: collection, partition: partition, id: id)
                    let name = try names.name(of: key)
                    #expect(seen.insert(name).inserted)
                    #expect(names.key(of: name, in: collection) == key)
                    #expect(name.utf8.starts(with: names.documents(of: collection, partition: partition).utf8))
                    #expect(
                        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                            !$0.isEmpty && $0.last != "."
                        }
                    )
                }
            }
        }
    }

    @Test(
        "a name that no key has is none of a document",
        arguments: [
            "app/documents/c/a.json", "app/documents/c/1/a.json", "app/documents/c/0/a", "app/documents/c/0/~61.json",
            "app/documents/c/0/~e9.json", "app/documents/c/0/~.json", "app/documents/c/00/a.json",
            "app/documents/c/1//a.json",
            "app/documents/c/1/~other/a.json", "app/documents/c/1/~n01/a.json", "app/documents/d/0/a.json",
        ]
    )
    func foreign(_ name: String) {
        #expect(names.key(of: name, in: "c") == nil)
    }

    @Test("a name longer than the service takes is keyTooLong")
    func long() throws {
        let longest = String(repeating: "x", count: 1_024 - "app/documents/c/0/.json".utf8.count)
        #expect(try names.name(of: DocumentKey(collection: "c", id: DocumentID(longest))).utf8.count == 1_024)
        #expect {
            try names.name(of: DocumentKey(collection: "c", id: DocumentID(longest + "x")))
        } throws: {
            ($0 as? StoreError)?.code == .keyTooLong
        }
    }

    @Test(
        "the names of definitions lead back to their collections",
        arguments: ["c", "c.", "C/d", "\u{E9}", "$y", " "]
    )
    func definitions(_ text: String) throws {
        let name = try CollectionName(text)
        #expect(names.collection(ofDefinition: names.definition(of: name)) == name)
    }
}
