import MigrationCore
import Testing

@Suite("A document is an ordered set of named values")
struct DocumentTests {
    let mail: Document = [
        "subject": "Hello", "size": 2048, "tags": ["a", "b"], "flags": ["seen": true], "left": nil, "score": 1.5,
    ]

    @Test("a literal becomes BSON bytes, field after field")
    func literalBytes() {
        let document: Document = ["a": 1, "b": "x", "c": nil]
        #expect(
            document.bson == [
                0x18, 0, 0, 0,
                0x10, 0x61, 0, 1, 0, 0, 0,
                0x02, 0x62, 0, 2, 0, 0, 0, 0x78, 0,
                0x0A, 0x63, 0,
                0,
            ]
        )
        #expect(Document().bson == [5, 0, 0, 0, 0])
    }

    @Test("fields are iterated in order and decoded as they were written")
    func iteration() {
        #expect(mail.map(\.name) == ["subject", "size", "tags", "flags", "left", "score"])
        #expect(
            mail.map(\.value) == [
                "Hello", .int32(2048), ["a", "b"], .document(["seen": true]), .null, .double(1.5),
            ]
        )
        #expect(mail.keys == mail.map(\.name))
        #expect(mail.count == 6)
        #expect(!mail.isEmpty)
        #expect(Document().isEmpty)
    }

    @Test("an integer literal is an int32 when it fits and an int64 otherwise")
    func integerLiterals() {
        #expect(2_147_483_647 as Value == .int32(.max))
        #expect(2_147_483_648 as Value == .int64(2_147_483_648))
        #expect(-2_147_483_648 as Value == .int32(.min))
    }

    @Test("setting a field replaces it in its place, adds it last, or removes it with nil")
    func fieldMutation() {
        var document: Document = ["a": 1, "b": 2, "c": 3]
        document["b"] = "two"
        document["d"] = .null
        document["a"] = nil
        #expect(document == ["b": "two", "c": 3, "d": nil])
        #expect(document["a"] == nil)
        #expect(document["d"] == .null)
        #expect(document.removeValue(forKey: "c") == 3)
        #expect(document.removeValue(forKey: "c") == nil)
        document.append("e", 1)
        #expect(document.keys == ["b", "d", "e"])
        #expect(throws: Never.self) { try Document(bson: document.bson) }
    }

    @Test("a path leads through documents and arrays")
    func pathLookup() {
        let document: Document = ["a": ["b": [1, ["c": "x"]]], "a.b": 7, "": ["": true]]
        #expect(document[path: "a.b.0"] == 1)
        #expect(document[path: "a.b.1.c"] == "x")
        #expect(document[path: "a.b.2"] == nil)
        #expect(document[path: "a.b.01"] == nil)
        #expect(document[path: "a.x.c"] == nil)
        #expect(document["a.b"] == 7)
        #expect(document[path: FieldPath(components: ["a.b"])] == 7)
        #expect(document[path: "."] == true)
    }

    @Test("setting at a path creates the documents on the way, and removing leaves them")
    func pathMutation() throws {
        var document = Document()
        document[path: "a.b.c"] = 1
        #expect(document == ["a": ["b": ["c": 1]]])
        document["list"] = [1, 2, 3]
        document[path: "list.1"] = "two"
        document[path: "list.3"] = 4
        #expect(document["list"] == [1, "two", 3, 4])
        #expect(document.removeValue(at: "list.0") == 1)
        #expect(document["list"] == ["two", 3, 4])
        document[path: "a.b.c"] = nil
        #expect(document["a"] == ["b": [:]])
        #expect(throws: Never.self) { try Document(bson: document.bson) }
    }

    @Test("a path that leads through a scalar is refused and changes nothing", arguments: ["a.b", "list.5", "list.x"])
    func pathConflict(path: String) {
        var document: Document = ["a": 1, "list": [0]]
        let before = document
        #expect(throws: DocumentError.self) { try document.setValue(1, at: FieldPath(path)) }
        #expect(document == before)
    }

    @Test("depth is counted through documents, arrays and scopes", arguments: [1, 2, 3, 50, 200, 201])
    func depth(levels: Int) {
        var value: Value = [:]
        for level in 1..<levels {
            switch level % 3 {
            case 0: value = [value]
            case 1: value = ["padding that makes levels longer than the shortest": value]
            default: value = .javaScriptWithScope("", ["scope": value])
            }
        }
        let document: Document = ["value": value]
        let bounds = (document.isDeeper(than: levels), document.isDeeper(than: levels + 1))
        #expect(bounds == (true, false))
        let limits = DocumentLimits(maximumDepth: levels + 1)
        #expect(throws: Never.self) { try Document(bson: document.bson, limits: limits) }
        #expect(throws: DocumentError.self) {
            _ = try Document(bson: document.bson, limits: DocumentLimits(maximumDepth: levels))
        }
    }

    @Test("the shortest levels are counted as well")
    func shortestLevels() {
        var document = Document()
        for _ in 1..<201 { document = ["": .document(document)] }
        let bounds = (document.isDeeper(than: 200), document.isDeeper(than: 201))
        #expect(bounds == (true, false))
    }
}
