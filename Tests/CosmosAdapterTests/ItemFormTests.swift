import MigrationCore
import Testing

@testable import CosmosAdapter

/// How documents lie in items.
@Suite("Documents as items")
struct ItemFormTests {
    private static let synthetic = ContainerShape(
        paths: [FieldPath(components: [ItemForm.partition])],
        isHierarchical: false,
        hashVersion: 2
    )
    private static let byTenant = ContainerShape(paths: ["tenant"], isHierarchical: false, hashVersion: 2)

    private func json(_ document: Document, _ partition: PartitionKey, _ shape: ContainerShape) throws -> String {
        let key = try ItemKey(partition, in: shape, "things")
        return String(decoding: ItemForm.json(document, id: "a", key: key, .init(stamp: "s")), as: UTF8.self)
    }

    /// What a read of the item gives, with the system's members that the service adds.
    private func read(_ json: String) throws -> StoredItem {
        try StoredItem(Array("\(json.dropLast()),\"_etag\":\"\\\"1\\\"\",\"_ts\":100}".utf8))
    }

    @Test("texts, flags and small numbers are members of their own, and other types are Extended JSON")
    func plain() throws {
        let document: Document = ["n": 1, "d": 1.5, "t": "x", "big": .int64(1 << 60), "whole": .double(2)]
        let json = try json(document, "p", Self.synthetic)
        #expect(
            json == "{\"id\":\"a\",\"_partition\":\"[\\\"p\\\"]\",\"n\":1,\"d\":1.5,\"t\":\"x\","
                + "\"big\":{\"$numberLong\":\"1152921504606846976\"},\"whole\":{\"$numberDouble\":\"2.0\"},"
                + "\"_cutover\":{\"w\":\"s\"}}"
        )
        #expect(try read(json).body.bson == document.bson)
    }

    @Test("a document's own id keeps its place, and names of the system are carried")
    func ownNames() throws {
        for document: Document in [
            ["x": 1, "id": "a", "y": 2], ["id": "other"], ["_etag": "mine", "ttl": 5], ["_partition": 1],
            ["_cutover": 2],
            ["v": ["$oid": "5f4300010203040506070809"]], ["": 1],
        ] {
            let item = try read(try json(document, "p", Self.synthetic))
            #expect(item.body.bson == document.bson && item.stamp == "s")
        }
        #expect(try json(["x": 1, "id": "a"], "p", Self.synthetic).contains("\"b\":") == false)
    }

    @Test("a document that lacks its partition key's value is carried beside it")
    func keyBeside() throws {
        let held = try json(["tenant": "t", "n": 1], ["t"], Self.byTenant)
        #expect(!held.contains("\"b\":") && held.contains("\"n\":1"))
        for partition: PartitionKey in [["t"], [5], [1e30], [nil], [.absent], [true]] {
            let json = try json(["n": 1], partition, Self.byTenant)
            let item = try read(json)
            #expect(item.body == ["n": 1] && Self.byTenant.partition(of: item) == partition)
        }
        #expect(throws: StoreError.self) { try ItemKey(["a", "b"], in: Self.byTenant, "things") }
    }

    @Test("an item of another program is read as it is, without the system's members")
    func foreign() throws {
        let item = try read("{\"id\":\"a\",\"n\":3000000000,\"ttl\":60,\"at\":{\"$date\":\"1970-01-01T00:00:01Z\"}}")
        let time = WallTime(millisecondsSinceEpoch: 1_000)
        #expect(item.body == ["id": "a", "n": .int64(3_000_000_000), "ttl": 60, "at": .date(time)])
        #expect(item.stamp == nil && item.expiresAt == WallTime(millisecondsSinceEpoch: 160_000))
    }

    @Test("a page is cut into its items without reading them")
    func slices() {
        let page = "{\"x\":{\"Documents\":[1]},\"Documents\": [ {\"a\":\"],}\\\"\"} ,[1,2], 3 ],\"_count\":3}"
        let items = PageSlices.elements(Array(page.utf8), of: "Documents")?.map { String(decoding: $0, as: UTF8.self) }
        #expect(items == ["{\"a\":\"],}\\\"\"}", "[1,2]", "3"])
        #expect(PageSlices.elements(Array("{\"Documents\":[]}".utf8), of: "Documents")?.isEmpty == true)
        #expect(PageSlices.elements(Array("{\"Documents\":[1".utf8), of: "Documents") == nil)
    }

    @Test(
        "ids that the service refuses are escaped, and come back",
        arguments: [
            "a/b", "a\\b", "?#", "a ", "", ".", "..", "~41", "~jx", "~definition", "\n", "\u{E9}", "e\u{301}", "~",
        ]
    )
    func ids(_ text: String) throws {
        let item = try ItemID.text(of: DocumentID(text), in: "things")
        #expect(!item.isEmpty && item != ItemID.definition && item.utf8.last != 0x20)
        #expect(!item.utf8.contains { $0 < 0x20 || "/\\#?".utf8.contains($0) })
        #expect(ItemID.documentID(item) == DocumentID(text))
    }
}
