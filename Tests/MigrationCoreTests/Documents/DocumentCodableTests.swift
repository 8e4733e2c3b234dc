import Foundation
import MigrationCore
import Testing

@Suite("Codable types become documents and come back")
struct DocumentCodableTests {
    struct Mail: Codable, Equatable {
        enum Folder: String, Codable { case inbox, archive }

        struct Address: Codable, Equatable {
            var name: String?
            var address: String
        }

        var id: UUID
        var subject: String
        var from: Address
        var to: [Address]
        var folder: Folder
        var size: Int
        var flags: Int32
        var score: Double
        var sent: Date
        var received: WallTime
        var body: Data
        var price: Decimal128
        var extra: Document
        var anything: [Value]
        var headers: [String: String]
        var matrix: [[Int8]]
        var reply: String?
    }

    static let mail = Mail(
        id: UUID(uuidString: "00112233-4455-6677-8899-AABBCCDDEEFF")!,
        subject: "Hello",
        from: Mail.Address(name: nil, address: "ada@example.org"),
        to: [Mail.Address(name: "Bob", address: "bob@example.org")],
        folder: .archive,
        size: 5,
        flags: 6,
        score: 1,
        sent: Date(timeIntervalSince1970: 1_700_000_000.123),
        received: WallTime(millisecondsSinceEpoch: -1),
        body: Data([1, 2]),
        price: Decimal128("1.50")!,
        extra: ["a": nil, "$date": 1],
        anything: [1, .int64(1), .null, [["x": .minKey]]],
        headers: ["X-A": "b"],
        matrix: [[], [1, -1]],
        reply: nil
    )

    @Test("every property becomes the value that is documented")
    func encoding() throws {
        let uuid: [UInt8] = [
            0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
        ]
        #expect(
            try DocumentEncoder().encode(Self.mail) == [
                "id": .binary(Binary(subtype: 4, bytes: uuid)),
                "subject": "Hello",
                "from": ["address": "ada@example.org"],
                "to": [["name": "Bob", "address": "bob@example.org"]],
                "folder": "archive",
                "size": .int64(5),
                "flags": .int32(6),
                "score": .double(1),
                "sent": .date(WallTime(millisecondsSinceEpoch: 1_700_000_000_123)),
                "received": .date(WallTime(millisecondsSinceEpoch: -1)),
                "body": .binary(Binary(bytes: [1, 2])),
                "price": .decimal128(Decimal128("1.50")!),
                "extra": ["a": nil, "$date": 1],
                "anything": [1, .int64(1), .null, [["x": .minKey]]],
                "headers": ["X-A": "b"],
                "matrix": [[], [1, -1]],
            ]
        )
    }

    @Test("what was encoded decodes to the same, also with fields in another order")
    func decoding() throws {
        let document = try DocumentEncoder().encode(Self.mail)
        #expect(try DocumentDecoder().decode(Mail.self, from: document) == Self.mail)
        for seed in 0..<20 {
            var random = SeededGenerator(seed: UInt64(seed))
            var shuffled = Document()
            for (name, value) in Array(document).shuffled(using: &random) { shuffled.append(name, value) }
            #expect(try DocumentDecoder().decode(from: shuffled) == Self.mail)
        }
    }

    class Base: Codable {
        var base = 1
    }

    class Derived: Base {
        var own = "x"

        private enum CodingKeys: CodingKey { case own, nested, list }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let nested = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .nested)
            var list = try container.nestedUnkeyedContainer(forKey: .list)
            own = try nested.decode(String.self, forKey: .own)
            #expect(list.count == 3)
            #expect(try list.decodeNil())
            #expect(try list.decode(Int.self) == 1)
            var inner = try list.nestedUnkeyedContainer()
            #expect(try inner.decode(Bool.self))
            #expect(list.isAtEnd && inner.isAtEnd)
            #expect(throws: DecodingError.self) { try list.decode(Int.self) }
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            var nested = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .nested)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            try nested.encode("first", forKey: .own)
            try list.encodeNil()
            try list.encode(1)
            var inner = list.nestedUnkeyedContainer()
            try inner.encode(true)
            #expect(list.count == 3)
            var again = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .nested)
            try again.encode(own, forKey: .own)
            try super.encode(to: container.superEncoder())
        }
    }

    @Test("nested containers and superclasses write to their places")
    func containers() throws {
        let object = Derived()
        object.base = 7
        object.own = "y"
        let document = try DocumentEncoder().encode(object)
        #expect(document == ["nested": ["own": "y"], "list": [nil, .int64(1), [true]], "super": ["base": .int64(7)]])
        let copy = try DocumentDecoder().decode(Derived.self, from: document)
        #expect(copy.base == 7 && copy.own == "y")
    }

    struct Numbers: Codable, Equatable {
        var small: Int8?
        var unsigned: UInt64?
        var double: Double?
        var float: Float?
    }

    static let numbers: [(Document, Numbers)] = [
        (["small": .int64(-128)], Numbers(small: -128)), (["small": .double(5)], Numbers(small: 5)),
        (["unsigned": .int64(.max)], Numbers(unsigned: UInt64(Int64.max))), (["double": 3], Numbers(double: 3)),
        (["double": .int64(1 << 60)], Numbers(double: 0x1p60)), (["float": .double(0.1)], Numbers(float: 0.1)),
        (["small": nil], Numbers()), ([:], Numbers()), (["float": .double(.infinity)], Numbers(float: .infinity)),
    ]

    @Test("numbers decode when the type can hold them", arguments: numbers)
    func numbersInRange(document: Document, expected: Numbers) throws {
        #expect(try DocumentDecoder().decode(Numbers.self, from: document) == expected)
    }

    @Test(
        "numbers that the type cannot hold are errors at their path",
        arguments: [
            ["small": 128], ["small": .double(1.5)], ["unsigned": -1], ["double": .int64(.max)],
            ["float": .double(1e300)], ["small": .double(.nan)],
        ] as [Document]
    )
    func numbersOutOfRange(document: Document) {
        let error = #expect(throws: DecodingError.self) { try DocumentDecoder().decode(Numbers.self, from: document) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error)) is another error")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == document.keys)
    }

    @Test("a missing field, a null and another type are three errors, with their path")
    func decodingErrors() {
        let decoder = DocumentDecoder()
        func path(_ error: DecodingError?) -> [String]? {
            switch error {
            case .keyNotFound(let key, let context):
                context.codingPath.map(\.stringValue) + [key.stringValue, "missing"]
            case .valueNotFound(_, let context): context.codingPath.map(\.stringValue) + ["null"]
            case .typeMismatch(_, let context): context.codingPath.map(\.stringValue) + ["type"]
            default: nil
            }
        }
        func decode(_ document: Document) -> [String]? {
            path(
                #expect(throws: DecodingError.self) {
                    try decoder.decode([String: [Mail.Address]].self, from: document)
                }
            )
        }
        #expect(decode(["a": [[:]]]) == ["a", "0", "address", "missing"])
        #expect(decode(["a": [["address": "x"], ["address": nil]]]) == ["a", "1", "address", "null"])
        #expect(decode(["a": [["address": 1]]]) == ["a", "0", "address", "type"])
        #expect(decode(["a": 1]) == ["a", "type"])
        #expect(throws: DecodingError.self) {
            try decoder.decode(Date.self, from: Value.string("2024-01-01T00:00:00Z"))
        }
        #expect(throws: DecodingError.self) { try decoder.decode(UUID.self, from: .binary(Binary(bytes: [1]))) }
    }

    struct NULInNestedName: Encodable {
        enum Key: String, CodingKey { case name = "a\u{0}" }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            var nested = container.nestedContainer(keyedBy: Key.self, forKey: .name)
            try nested.encode(1, forKey: .name)
        }
    }

    @Test("what a document cannot hold is an encoding error at its path")
    func encodingErrors() {
        func path(_ body: () throws -> Document) -> [String]? {
            guard
                case .invalidValue(_, let context) = #expect(throws: EncodingError.self, performing: { _ = try body() })
            else { return nil }
            return context.codingPath.map(\.stringValue)
        }
        let encoder = DocumentEncoder()
        #expect(path { try encoder.encode(["a": [UInt64.max]]) } == ["a", "0"])
        #expect(path { try encoder.encode(["a": Date(timeIntervalSince1970: .infinity)]) } == ["a"])
        #expect(path { try encoder.encode(["a": Date(timeIntervalSince1970: 1e300)]) } == ["a"])
        #expect(path { try encoder.encode(["a\u{0}": 1]) } == [])
        #expect(path { try encoder.encode(["a": NULInNestedName()]) } == ["a"])
        #expect(path { try encoder.encode([1]) } == [])
        #expect(path { try encoder.encode(5) } == [])
    }

    @Test("scalars, optionals, text keys and Foundation's values encode as single values")
    func singleValues() throws {
        let encoder = DocumentEncoder()
        #expect(try encoder.encodeValue(Float(0.5)) == 0.5)
        #expect(try encoder.encodeValue(UInt16.max) == .int32(65535))
        #expect(try encoder.encodeValue(UInt32.max) == .int64(4_294_967_295))
        #expect(try encoder.encodeValue(String?.none) == .null)
        #expect(try encoder.encodeValue(String?("a")) == "a")
        #expect(try encoder.encodeValue(Decimal(string: "12.5")!) == .decimal128(Decimal128("12.5")!))
        #expect(try encoder.encodeValue(URL(string: "https://example.org/a")!) == "https://example.org/a")
        #expect(try encoder.encodeValue([Int: String]()) == [:])
        #expect(try encoder.encodeValue([3: "x"]) == ["3": "x"])
        let decoder = DocumentDecoder()
        #expect(try decoder.decode(Decimal.self, from: .decimal128(Decimal128("-1E+3")!)) == -1000)
        #expect(try decoder.decode([Int: String].self, from: Value.document(["3": "x"])) == [3: "x"])
        #expect(try decoder.decode(String?.self, from: Value.null) == nil)
    }

    @Test("a document of 20,000 fields decodes in linear time")
    func manyFields() throws {
        let numbers = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("field \($0)", $0) })
        let clock = ContinuousClock()
        let start = clock.now
        let document = try DocumentEncoder().encode(numbers)
        #expect(try DocumentDecoder().decode([String: Int].self, from: document) == numbers)
        #expect(clock.now - start < .seconds(20))
    }

    @Test("documents go through other coders as Extended JSON and keep their types", arguments: 0..<30)
    func otherCoders(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let document = Document.random(using: &random)
        var json: [UInt8] = []
        guard (try? ExtendedJSON.writeExactly(document, into: &json)) != nil else {
            #expect(throws: EncodingError.self) { try JSONEncoder().encode(document) }
            return
        }
        let copy = try JSONDecoder().decode(Document.self, from: try JSONEncoder().encode(document))
        let options = DigestOptions(fieldOrder: .ignored, excludedFields: [])
        #expect(copy.canonicalDigest(options) == document.canonicalDigest(options), "seed \(seed)")
    }

    @Test(
        "each value goes through JSONEncoder and back",
        arguments: ValueOrderTests.ascending.flatMap { $0 }.compactMap { $0 }
    )
    func eachValue(value: Value) throws {
        let isExact = (try? DocumentID(["id": value])) != nil || [.undefined].contains(value)
        guard isExact else { return }
        // JSONDecoder does not keep the order of fields, so it is ignored here.
        let options = DigestOptions(fieldOrder: .ignored)
        let text = try JSONEncoder().encode([value])
        let copy = try #require(try JSONDecoder().decode([Value].self, from: text).first)
        let expected = (["id": value] as Document).canonicalDigest(options)
        #expect(
            (["id": copy] as Document).canonicalDigest(options) == expected,
            "\(String(decoding: text, as: UTF8.self))"
        )
    }

    @Test("a document whose text would mean something else is refused by other coders")
    func ambiguousDocuments() {
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(["a": ["$oid": "x"]] as Document) }
        #expect(throws: Never.self) { try JSONEncoder().encode(["$oid": "x"] as Document) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Document.self, from: Data(#"{"a":{"$oid":"x"}}"#.utf8))
        }
    }
}
