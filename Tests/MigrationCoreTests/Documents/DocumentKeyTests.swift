import MigrationCore
import Testing

@Suite("Keys have one text each, and each text one key")
struct DocumentKeyTests {
    @Test(
        "a partition key is written as compact JSON and read back",
        arguments: [
            (PartitionKey.unpartitioned, "[]"), ("a", "[\"a\"]"), ("", "[\"\"]"), (PartitionKey(.null), "[null]"),
            (PartitionKey(.absent), "[{}]"), (PartitionKey(1.5), "[1.5]"),
            (PartitionKey(7, true, "x"), "[7,true,\"x\"]"),
            ("a\"\\\n\u{1}é", "[\"a\\\"\\\\\\n\\u0001é\"]"), (PartitionKey(.number(-0.0)), "[0]"),
            (PartitionKey(1e300), "[1e+300]"),
        ] as [(PartitionKey, String)]
    )
    func partitionKeyText(key: PartitionKey, text: String) throws {
        #expect(key.text == text)
        #expect(try PartitionKey(text: text) == key)
    }

    @Test(
        "a text that is not the one text of a partition key is refused",
        arguments: [
            "", "a", "[", "[]x", "[1.0]", "[ 1]", "[1,]", "[\"a]", "[\"\\u0041\"]", "[nan]", "[1,2,3,4]", "[+1]",
        ]
    )
    func badPartitionKeyText(text: String) {
        #expect(throws: DocumentError.self) { try PartitionKey(text: text) }
    }

    @Test("absent, null and the empty text are three partition keys")
    func partitionKeysDiffer() {
        #expect(Set([PartitionKey.unpartitioned, PartitionKey(.absent), PartitionKey(.null), ""]).count == 4)
    }

    @Test(
        "an id is written as text and read back",
        arguments: [
            ("a", "a"), ("", ""), ("=a", "==a"), ("==", "==="), (7, "={\"$numberInt\":\"7\"}"),
            (5_000_000_000, "={\"$numberLong\":\"5000000000\"}"),
            (id(.null), "=null"), (id(true), "=true"), (id(.double(-0.0)), "={\"$numberDouble\":\"-0.0\"}"),
            (id(.objectID(ObjectID("5f43c1000000000000000001")!)), "={\"$oid\":\"5f43c1000000000000000001\"}"),
            (id(["a": 1, "b": "x"]), "={\"a\":{\"$numberInt\":\"1\"},\"b\":\"x\"}"),
            (id(.minKey), "={\"$minKey\":1}"),
        ] as [(DocumentID, String)]
    )
    func idText(id: DocumentID, text: String) throws {
        #expect(id.text == text)
        #expect(try DocumentID(text: text) == id)
    }

    static func id(_ value: Value) -> DocumentID {
        try! DocumentID(value)
    }

    @Test(
        "a text that is not the one text of an id is refused",
        arguments: ["=", "=7", "={\"$numberInt\":\"07\"}", "=a", "=[]", "= null", "={\"$undefined\":true}"]
    )
    func badIDText(text: String) {
        #expect(throws: DocumentError.self) { try DocumentID(text: text) }
    }

    @Test("an array, undefined or a regular expression is no id")
    func badIDs() {
        #expect(throws: DocumentError.self) { try DocumentID([1]) }
        #expect(throws: DocumentError.self) { try DocumentID(.undefined) }
        #expect(throws: DocumentError.self) { try DocumentID(["$oid": "5f43c1000000000000000001"]) }
        #expect(throws: DocumentError.self) { try DocumentID(["a": ["$date": 1]]) }
        #expect(throws: DocumentError.self) { try DocumentID(.double(Double(nan: 7, signaling: false))) }
        #expect(throws: Never.self) { try DocumentID(.double(.nan)) }
        #expect(throws: DocumentError.self) { try DocumentID(.regularExpression(RegularExpression(pattern: "a"))) }
    }

    @Test(
        "a collection name has 1 to 255 bytes and no control characters",
        arguments: ["", "a\u{0}", "a\nb", "\u{85}"]
    )
    func badCollectionNames(name: String) {
        #expect(throws: DocumentError.self) { try CollectionName(name) }
        #expect(throws: DocumentError.self) { try CollectionName(String(repeating: "é", count: 128)) }
    }

    @Test("canonically equivalent texts are different keys")
    func byteEquality() {
        #expect(DocumentID("\u{E9}") != DocumentID("e\u{301}"))
        #expect(PartitionKey(.string("\u{E9}")) != PartitionKey(.string("e\u{301}")))
        #expect(("\u{E9}" as CollectionName) != "e\u{301}")
    }
}
