import MigrationCore
import Testing

@Suite("Foreign BSON is checked once, and refused with the offset of what is wrong")
struct BSONValidationTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var code: DocumentError.Code
        var offset: Int

        init(_ name: String, _ bytes: [UInt8], _ code: DocumentError.Code, at offset: Int) {
            self.name = name
            self.bytes = bytes
            self.code = code
            self.offset = offset
        }

        var testDescription: String { name }
    }

    /// A document around one element's bytes; the element begins at offset 4.
    static func document(_ element: [UInt8]) -> [UInt8] {
        [UInt8(element.count + 5), 0, 0, 0] + element + [0]
    }

    static let malformed: [Malformed] = [
        Malformed("no bytes", [], .malformed, at: 0),
        Malformed("four bytes", [4, 0, 0, 0], .malformed, at: 4),
        Malformed("a length that is too great", [6, 0, 0, 0, 0], .malformed, at: 0),
        Malformed("a length that is too small", [5, 0, 0, 0, 0, 0], .malformed, at: 0),
        Malformed("a negative length", [0xFB, 0xFF, 0xFF, 0xFF, 0], .malformed, at: 0),
        Malformed("no terminator", [5, 0, 0, 0, 1], .malformed, at: 4),
        Malformed("an early terminator", document([0, 0x0A, 0x61, 0]), .malformed, at: 4),
        Malformed("an unknown type", document([0x14, 0x61, 0]), .malformed, at: 4),
        Malformed("another unknown type", document([0x80, 0x61, 0]), .malformed, at: 4),
        Malformed("a name without end", document([0x0A, 0x61]), .malformed, at: 5),
        Malformed("a type without name", document([0x0A]), .malformed, at: 5),
        Malformed("a name that is not UTF-8", document([0x0A, 0x61, 0xFF, 0]), .invalidUTF8, at: 6),
        Malformed("a double cut short", document([1, 0x61, 0, 1, 2, 3, 4, 5, 6, 7]), .malformed, at: 7),
        Malformed("a string without length", document([2, 0x61, 0, 1, 0, 0]), .malformed, at: 7),
        Malformed("a string of length 0", document([2, 0x61, 0, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed("a string of negative length", document([2, 0x61, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0]), .malformed, at: 7),
        Malformed("a string that is too long", document([2, 0x61, 0, 3, 0, 0, 0, 0x61, 0]), .malformed, at: 7),
        Malformed("a string without NUL", document([2, 0x61, 0, 2, 0, 0, 0, 0x61, 0x62]), .malformed, at: 12),
        Malformed("a lone continuation byte", document([2, 0x61, 0, 2, 0, 0, 0, 0x80, 0]), .invalidUTF8, at: 11),
        Malformed("an overlong text", document([2, 0x61, 0, 3, 0, 0, 0, 0xC0, 0x80, 0]), .invalidUTF8, at: 11),
        Malformed("a surrogate", document([2, 0x61, 0, 4, 0, 0, 0, 0xED, 0xA0, 0x80, 0]), .invalidUTF8, at: 11),
        Malformed(
            "a character beyond the last, after others",
            document([2, 0x61, 0, 14, 0, 0, 0] + Array("123456789".utf8) + [0xF4, 0x90, 0x80, 0x80, 0]),
            .invalidUTF8,
            at: 20
        ),
        Malformed("a character cut short", document([2, 0x61, 0, 3, 0, 0, 0, 0xE2, 0x82, 0]), .invalidUTF8, at: 11),
        Malformed("an embedded document of length 4", document([3, 0x61, 0, 4, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed("an embedded document that is too long", document([3, 0x61, 0, 6, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed("an embedded document without length", document([3, 0x61, 0, 5, 0]), .malformed, at: 7),
        Malformed("an embedded document without end", document([3, 0x61, 0, 5, 0, 0, 0, 1]), .malformed, at: 11),
        Malformed(
            "an array whose element is cut short",
            document([4, 0x61, 0, 9, 0, 0, 0, 0x10, 0x30, 0, 1, 0]),
            .malformed,
            at: 14
        ),
        Malformed("a binary of negative length", document([5, 0x61, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0]), .malformed, at: 7),
        Malformed("a binary that is too long", document([5, 0x61, 0, 2, 0, 0, 0, 0, 9]), .malformed, at: 7),
        Malformed("a binary without subtype", document([5, 0x61, 0, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed(
            "an old binary without inner length",
            document([5, 0x61, 0, 3, 0, 0, 0, 2, 1, 1, 1]),
            .malformed,
            at: 12
        ),
        Malformed(
            "an old binary with a wrong inner length",
            document([5, 0x61, 0, 5, 0, 0, 0, 2, 2, 0, 0, 0, 9]),
            .malformed,
            at: 12
        ),
        Malformed("an object id cut short", document([7, 0x61, 0, 1, 2, 3]), .malformed, at: 7),
        Malformed("a boolean 2", document([8, 0x61, 0, 2]), .malformed, at: 7),
        Malformed("a boolean without value", document([8, 0x61, 0]), .malformed, at: 7),
        Malformed("a date cut short", document([9, 0x61, 0, 1]), .malformed, at: 7),
        Malformed("a pattern without end", document([0x0B, 0x61, 0, 0x61]), .malformed, at: 7),
        Malformed("a pattern without options", document([0x0B, 0x61, 0, 0x61, 0]), .malformed, at: 9),
        Malformed("a pattern that is not UTF-8", document([0x0B, 0x61, 0, 0xFF, 0, 0]), .invalidUTF8, at: 7),
        Malformed("options that are not UTF-8", document([0x0B, 0x61, 0, 0x61, 0, 0xFE, 0]), .invalidUTF8, at: 9),
        Malformed("a DBPointer without id", document([0x0C, 0x61, 0, 1, 0, 0, 0, 0, 1, 2]), .malformed, at: 12),
        Malformed(
            "a DBPointer whose text is not UTF-8",
            document([0x0C, 0x61, 0, 2, 0, 0, 0, 0xFF, 0] + [UInt8](repeating: 1, count: 12)),
            .invalidUTF8,
            at: 11
        ),
        Malformed("JavaScript of length 0", document([0x0D, 0x61, 0, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed("a symbol of length 0", document([0x0E, 0x61, 0, 0, 0, 0, 0]), .malformed, at: 7),
        Malformed(
            "code with scope of length 13",
            document([0x0F, 0x61, 0, 13, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0]),
            .malformed,
            at: 7
        ),
        Malformed(
            "code with scope that is too long",
            document([0x0F, 0x61, 0, 15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0]),
            .malformed,
            at: 7
        ),
        Malformed(
            "code with scope with bytes left over",
            document([0x0F, 0x61, 0, 15, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0]),
            .malformed,
            at: 7
        ),
        Malformed(
            "code with scope whose code is too long",
            document([0x0F, 0x61, 0, 14, 0, 0, 0, 0xFF, 0, 0, 0, 0, 5, 0, 0, 0, 0]),
            .malformed,
            at: 11
        ),
        Malformed(
            "code with scope whose scope is too long",
            document([0x0F, 0x61, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 6, 0, 0, 0, 0]),
            .malformed,
            at: 16
        ),
        Malformed("an int32 cut short", document([0x10, 0x61, 0, 1, 0, 0]), .malformed, at: 7),
        Malformed("a timestamp cut short", document([0x11, 0x61, 0, 1]), .malformed, at: 7),
        Malformed("an int64 cut short", document([0x12, 0x61, 0, 1]), .malformed, at: 7),
        Malformed("a decimal cut short", document([0x13, 0x61, 0, 1]), .malformed, at: 7),
        Malformed("a name twice", document([0x0A, 0x61, 0, 0x0A, 0x62, 0, 0x08, 0x61, 0, 1]), .duplicateName, at: 11),
        Malformed("the empty name twice", document([0x0A, 0, 0x0A, 0]), .duplicateName, at: 7),
        Malformed(
            "a name twice in a scope",
            document([0x0F, 0x61, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 11, 0, 0, 0, 0x0A, 0x78, 0, 0x0A, 0x78, 0, 0]),
            .duplicateName,
            at: 24
        ),
    ]

    @Test("malformed bytes are refused with code and offset", arguments: malformed)
    func malformedBytes(example: Malformed) {
        let error = #expect(throws: DocumentError.self) { try Document(bson: example.bytes) }
        #expect(error?.code == example.code)
        #expect(error?.byteOffset == example.offset)
    }

    @Test("every type is accepted and kept byte for byte")
    func everyType() throws {
        let id = ObjectID("5f43c1000000000000000001")!
        let document: Document = [
            "double": 1.5, "string": "a\u{0}b", "document": ["x": [:]], "array": [1, [2]],
            "binary": .binary(Binary(bytes: [1, 2])), "old": .binary(Binary(subtype: 2, bytes: [3])),
            "undefined": .undefined, "id": .objectID(id), "bool": true,
            "date": .date(WallTime(millisecondsSinceEpoch: -1)),
            "null": nil, "regex": .regularExpression(RegularExpression(pattern: "a", options: "mi")),
            "pointer": .dbPointer(DBPointer(namespace: "a.b", id: id)), "code": .javaScript("x"),
            "symbol": .symbol("s"),
            "scope": .javaScriptWithScope("x", ["y": 1]), "int32": 1,
            "timestamp": .timestamp(BSONTimestamp(seconds: 4_000_000_000, increment: 5)), "int64": .int64(-1),
            "decimal": .decimal128(Decimal128("1.50")!), "min": .minKey, "max": .maxKey,
        ]
        let read = try Document(bson: document.bson)
        #expect(read == document)
        for (name, value) in document { #expect(read[name] == value) }
    }

    @Test("array elements with other names are numbered anew, at every level")
    func arrayNames() throws {
        let inner: [UInt8] = [0x0B, 0, 0, 0, 0x0A, 0x39, 0, 0x0A, 0x39, 0, 0]
        let elements: [UInt8] = [0x04, 0x78, 0x79, 0] + inner + [0x0A, 0]
        let array: [UInt8] = [UInt8(elements.count + 5), 0, 0, 0] + elements + [0]
        let document = try Document(bson: Self.document([0x04, 0x61, 0] + array))
        #expect(document == ["a": [[nil, nil], nil]])
    }

    @Test("options of a regular expression are sorted, also inside a scope")
    func regexOptions() throws {
        let regex: [UInt8] = [0x0B, 0x72, 0, 0x61, 0, 0x6D, 0x69, 0]
        let scope: [UInt8] = [13, 0, 0, 0] + regex + [0]
        let code: [UInt8] = [22, 0, 0, 0, 1, 0, 0, 0, 0] + scope
        let document = try Document(bson: Self.document([0x0F, 0x63, 0] + code))
        let expected = RegularExpression(pattern: "a", options: "im")
        #expect(document == ["c": .javaScriptWithScope("", ["r": .regularExpression(expected)])])
        #expect(throws: Never.self) { try Document(bson: document.bson) }
    }

    @Test("depth and size are limited", arguments: [1, 2, 200])
    func limits(depth: Int) throws {
        var document = Document()
        for level in 1..<depth { document = level % 2 == 0 ? ["a": .document(document)] : ["a": [.document(document)]] }
        let depth = depth == 1 ? 1 : 1 + (depth - 1) + depth / 2
        #expect(throws: Never.self) { try Document(bson: document.bson, limits: DocumentLimits(maximumDepth: depth)) }
        if depth > 1 {
            let error = #expect(throws: DocumentError.self) {
                try Document(bson: document.bson, limits: DocumentLimits(maximumDepth: depth - 1))
            }
            #expect(error?.code == .tooDeep)
        }
        let size = document.byteCount
        #expect(throws: Never.self) {
            try Document(bson: document.bson, limits: DocumentLimits(maximumBytes: size, maximumDepth: 400))
        }
        let error = #expect(throws: DocumentError.self) {
            try Document(bson: document.bson, limits: DocumentLimits(maximumBytes: size - 1))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("a name twice is found in documents of any size", arguments: [2, 16, 17, 18, 63, 64, 65, 1000, 100_000])
    func duplicatesInLargeDocuments(count: Int) throws {
        var writer = BSONWriter()
        let start = writer.beginDocument()
        for number in 0..<count { writer.append("field \(number)", .null) }
        var valid = writer
        valid.endDocument(start)
        #expect(throws: Never.self) { try Document(bson: valid.bytes) }
        for twice in [0, count / 2, count - 1] {
            var invalid = writer
            let offset = invalid.bytes.count + 1
            invalid.append("field \(twice)", .null)
            invalid.endDocument(start)
            let error = #expect(throws: DocumentError.self) { try Document(bson: invalid.bytes) }
            #expect(error?.code == .duplicateName)
            #expect(error?.byteOffset == offset)
        }
    }

    @Test("a mutated document is refused or comes back unchanged, never a crash", arguments: 0..<20)
    func mutations(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var accepted = 0
        for _ in 0..<1000 {
            var bytes = Document.random(using: &random).bson
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random)!
                case 2: bytes[place] = UInt8.random(in: 0...0x13, using: &random)
                case 3: bytes.remove(at: place)
                case 4: bytes.insert(0, at: place)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                if bytes.isEmpty { bytes = [0] }
                if bytes.count >= 4, Bool.random(using: &random) { bytes.patchLength(at: 0, bytes.count) }
            }
            guard let document = try? Document(bson: bytes) else { continue }
            accepted += 1
            var rebuilt = Document()
            for (name, value) in document { rebuilt.append(name, value) }
            #expect(rebuilt == document, "seed \(seed)")
            #expect(try Document(bson: document.bson) == document)
        }
        #expect(accepted > 50 && accepted < 950, "\(accepted) of 1000 accepted")
    }
}
