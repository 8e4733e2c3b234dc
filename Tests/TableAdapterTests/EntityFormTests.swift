import MigrationCore
import Testing

@testable import TableAdapter

@Suite("Documents as entities")
struct EntityFormTests {
    /// The document after a way over the wire, with its properties in another order.
    private func travelled(_ document: Document) throws -> Document {
        let properties = EntityForm.properties(of: document)
        let json = Entity.json(EntityKey(partition: "p", row: "r"), properties, stamp: "s")
        var entity = try Entity(try Document(json: json))
        #expect(entity.key == EntityKey(partition: "p", row: "r"))
        #expect(entity.stamp == "s")
        entity.properties.sort { $0.name > $1.name }
        return try EntityForm.document(entity.properties)
    }

    @Test("fields that the service has types for are properties of these types")
    func native() throws {
        let uuid: [UInt8] = Array(0..<16)
        let document: Document = [
            "s": "x", "b": true, "i": .int32(7), "l": .int64(1 << 60), "d": .double(1.0),
            "t": .date(WallTime(millisecondsSinceEpoch: 1_375_465_063_009)),
            "g": .binary(Binary(subtype: 4, bytes: uuid)),
            "bin": .binary(Binary(bytes: [1, 2])),
        ]
        let json = Entity.json(EntityKey(partition: "p", row: "r"), EntityForm.properties(of: document), stamp: "s")
        let text = String(decoding: json, as: UTF8.self)
        for part in [
            #""s":"x""#, #""b":true"#, #""i":7"#, #""l@odata.type":"Edm.Int64","l":"1152921504606846976""#,
            #""d@odata.type":"Edm.Double","d":1.0"#, #""t@odata.type":"Edm.DateTime","t":"2013-08-02T17:37:43.009Z""#,
            #""g@odata.type":"Edm.Guid","g":"00010203-0405-0607-0809-0a0b0c0d0e0f""#,
            #""bin@odata.type":"Edm.Binary","bin":"AQI=""#,
        ] {
            #expect(text.contains(part))
        }
        #expect(try travelled(document).bson == document.bson)
    }

    @Test("a document of one plain field has no property of the adapter's own but the mark of its write")
    func single() {
        #expect(EntityForm.properties(of: ["n": 1]) == [EntityForm.Property(name: "n", value: .int32(1))])
        #expect(EntityForm.properties(of: [:]).isEmpty)
    }

    @Test("whatever a document holds, it comes back byte for byte")
    func exact() throws {
        var many = Document()
        for number in 0..<400 { many.append("f\(number)", .int32(Int32(number))) }
        let values: [Value] = [
            .double(-0.0), .double(.nan), .double(Double(bitPattern: 0x7FF8_0000_0000_0001)), .double(.infinity),
            .double(.leastNonzeroMagnitude), .double(.greatestFiniteMagnitude), .double(0.1), .null, .undefined,
            .minKey, .maxKey,
            .string("a\u{0}b"), .string("\u{FFFF}"), .string("\r\n"), .string(String(repeating: "x", count: 40_000)),
            .date(WallTime(millisecondsSinceEpoch: .min)), .date(WallTime(millisecondsSinceEpoch: -11_644_473_600_000)),
            .date(WallTime(millisecondsSinceEpoch: -11_644_473_600_001)),
            .date(WallTime(millisecondsSinceEpoch: 253_402_300_800_000)),
            .binary(Binary(subtype: 4, bytes: [1])), .binary(Binary(subtype: 3, bytes: Array(0..<16))),
            .binary(Binary(bytes: [UInt8](repeating: 7, count: 200_000))), .binary(Binary(bytes: [])),
            .document(["edm.DateTime": "2013-08-02T17:37:43.0090043Z"]),
            .document(["edm.DateTime": "2013-08-02T17:37:43.009Z"]),
            .document(["edm.DateTime": "x"]), .document(["edm.DateTime": "2013-08-02T17:37:43.0090040Z"]),
            .array([1, "a"]),
        ]
        var documents: [Document] = [[:], many]
        for value in values { documents += [["v": value], ["z": 1, "v": value, "a": "x"]] }
        for name in [
            "PartitionKey", "RowKey", "Timestamp", "odata.etag", "", "a.b", "a b", "\u{E9}", "CutoverShape0",
            "CutoverWrite", "1a", "XmlX",
            "v@odata.type",
        ] {
            documents.append([name: 1, "n": 2])
        }
        for document in documents { #expect(try travelled(document).bson == document.bson) }
    }

    @Test("an entity of another program is read with its types, and a time finer than a millisecond loses nothing")
    func foreign() throws {
        let json = #"""
            {"odata.etag":"W/\"x\"","PartitionKey":"p","RowKey":"r","Timestamp@odata.type":"Edm.DateTime",
            "Timestamp":"2024-01-01T00:00:00Z","Name":"Ada","Age":36,"Big@odata.type":"Edm.Int64","Big":"9007199254740993",
            "Rate":1.5,"Born@odata.type":"Edm.DateTime","Born":"2013-08-02T17:37:43.0090043Z",
            "Day@odata.type":"Edm.DateTime","Day":"2013-08-02T17:37:43.5000000Z","Gone":null,
            "Odd@odata.type":"Edm.Double","Odd":"NaN","Full@odata.type":"Edm.Double","Full":2}
            """#
        let entity = try Entity(try Document(json: json))
        #expect(entity.etag == "W/\"x\"")
        let document = try EntityForm.document(entity.properties)
        #expect(
            document == [
                "Name": "Ada", "Age": .int32(36), "Big": .int64(9_007_199_254_740_993), "Rate": .double(1.5),
                "Born": .document(["edm.DateTime": "2013-08-02T17:37:43.0090043Z"]),
                "Day": .date(WallTime(millisecondsSinceEpoch: 1_375_465_063_500)), "Odd": .double(.nan),
                "Full": .double(2),
            ]
        )
        #expect(try travelled(document).bson == document.bson)
    }

    @Test("a property that another program adds or changes counts, and one that it removes is gone")
    func merged() throws {
        var properties = EntityForm.properties(of: ["a": 1, "b": ["x"], "c": 3])
        properties.removeAll { $0.name == "c" }
        properties.append(EntityForm.Property(name: "b", value: .string("new")))
        properties.append(EntityForm.Property(name: "d", value: .int32(4)))
        #expect(try EntityForm.document(properties) == ["a": 1, "b": "new", "d": 4])
    }

    @Test(
        "carried fields that are damaged are an error",
        arguments: [[UInt8]](arrayLiteral: [], [5, 0, 0, 0, 0], [1, 2, 3])
    )
    func damaged(_ bytes: [UInt8]) {
        let property = EntityForm.Property(name: "CutoverShape0", value: .binary(bytes))
        #expect(throws: DocumentError.self) { try EntityForm.document([property]) }
        #expect(throws: DocumentError.self) {
            try EntityForm.document([EntityForm.Property(name: "CutoverShape1", value: .binary([5, 0, 0, 0, 0]))])
        }
    }
}
