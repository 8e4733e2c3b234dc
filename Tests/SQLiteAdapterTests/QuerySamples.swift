import MigrationCore
import MigrationTesting

/// Draws documents, filters and orders that meet each other often, and each odd thing now and then.
struct QuerySamples {
    var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    private static let names = [
        "a", "a", "a", "b", "b", "c", "a.b", "", "$oid", "$numberInt", "$foo", "é", "e\u{301}", "x\"y", "x\\y", "0",
        "1", "[0]",
        "tab\t", "\u{7F}", "🙂",
    ]

    private static let steps =
        names + ["0", "1", "2", "00", "9999999999", "$date", "$numberLong", "$scope", "$code", "base64"]

    private static let texts = [
        "", "a", "ab", "a\u{0}", "a\u{0}b", "\u{0}", "b", "é", "e\u{301}", "\"", "\\", "\\u0000", "null", "true", "1",
        "a\nb",
        "\u{1F}", "🙂", "{\"$oid\":\"5f5f5f5f5f5f5f5f5f5f5f5f\"}", "\u{FFFF}", "\u{10000}", ",",
    ]

    private static let numbers: [Value] =
        [
            .int32(0), .int32(1), .int32(-1), .int32(.max), .int32(.min), .int64(0), .int64(1), .int64(-1),
            .int64(.max),
            .int64(.min), .int64(1 << 53), .int64(1 << 53 + 1), .int64(1 << 53 - 1), .double(0), .double(-0.0),
            .double(1),
            .double(-1), .double(0.1), .double(0.1 + 0.2), .double(0.3), .double(1.5), .double(2.5), .double(0x1p53),
            .double(0x1p63), .double(-0x1p63), .double(1e300), .double(-1e300), .double(.greatestFiniteMagnitude),
            .double(.leastNonzeroMagnitude), .double(Double("1e-310")!), .double(.infinity), .double(-.infinity),
            .double(.nan),
            .double(1e15), .double(123_456_789_012_345), .double(12_345.678_901_234_5), .double(1e21),
        ]
        + [
            "0", "-0", "0E+3", "1", "1.0", "1.00", "0.1", "0.3", "1E+6000", "-1E+6000", "1E-6000", "NaN", "Infinity",
            "-Infinity", "9007199254740993", "9223372036854775808", "2.50", "9999999999999999999999999999999999",
        ].map { .decimal128(Decimal128($0)!) }

    private static let others: [Value] = [
        .null, .undefined, .minKey, .maxKey, .bool(true), .bool(false), .date(WallTime(millisecondsSinceEpoch: 0)),
        .date(WallTime(millisecondsSinceEpoch: -1)), .date(WallTime(millisecondsSinceEpoch: 1_700_000_000_000)),
        .date(WallTime(millisecondsSinceEpoch: .max)), .date(WallTime(millisecondsSinceEpoch: .min)),
        .objectID(ObjectID("5f5f5f5f5f5f5f5f5f5f5f5f")!), .objectID(ObjectID("000000000000000000000001")!),
        .objectID(ObjectID("ffffffffffffffffffffffff")!), .timestamp(BSONTimestamp(seconds: 1, increment: 2)),
        .timestamp(BSONTimestamp(seconds: .max, increment: .max)), .timestamp(BSONTimestamp(seconds: 1, increment: 0)),
        .binary(Binary(bytes: [1, 2, 3])), .binary(Binary(subtype: 2, bytes: [])), .symbol("a"), .symbol("a\u{0}"),
        .javaScript("a"), .javaScriptWithScope("a", ["a": 1]),
        .regularExpression(RegularExpression(pattern: "a", options: "i")),
        .dbPointer(DBPointer(namespace: "a", id: ObjectID("5f5f5f5f5f5f5f5f5f5f5f5f")!)),
        .document(["$ref": "a", "$id": 1]), .document(["$type": 1]),
    ]

    mutating func scalar() -> Value {
        switch random.below(10) {
        case 0..<4: random.pick(Self.numbers)
        case 4..<7: .string(random.pick(Self.texts))
        case 7: .int32(Int32(random.below(5)))
        default: random.pick(Self.others)
        }
    }

    mutating func value(depth: Int = 0) -> Value {
        switch random.below(depth < 2 ? 10 : 6) {
        case 6, 7: .array((0..<random.below(4)).map { _ in value(depth: depth + 1) })
        case 8, 9: .document(document(depth: depth + 1))
        default: scalar()
        }
    }

    mutating func document(depth: Int = 0) -> Document {
        var document = Document()
        for _ in 0..<random.below(5) { document[random.pick(Self.names)] = value(depth: depth) }
        return document
    }

    mutating func path() -> FieldPath {
        var components = [random.pick(Self.names)]
        while random.chance(35) { components.append(random.pick(Self.steps)) }
        return FieldPath(components: components)
    }

    /// A filter whose operands are often values that documents have.
    mutating func filter(of documents: [Document], depth: Int = 0) -> Filter {
        if depth < 3, random.chance(40) {
            return switch random.below(3) {
            case 0: .and((0..<random.below(4)).map { _ in filter(of: documents, depth: depth + 1) })
            case 1: .or((0..<random.below(4)).map { _ in filter(of: documents, depth: depth + 1) })
            default: .not(filter(of: documents, depth: depth + 1))
            }
        }
        let path = path()
        let operand = operand(at: path, of: documents)
        switch random.below(10) {
        case 0: return .equal(path, operand)
        case 1: return .less(path, operand)
        case 2: return .lessOrEqual(path, operand)
        case 3: return .greater(path, operand)
        case 4: return .greaterOrEqual(path, operand)
        case 5:
            let operands = (0..<random.below(4)).map { _ in self.operand(at: path, of: documents) }
            return .oneOf(path, operands)
        case 6: return .exists(path)
        case 7: return .hasPrefix(path, random.pick(Self.texts))
        case 8:
            if case .array(let elements) = operand, let element = elements.randomElement(using: &random) {
                return .contains(path, element)
            }
            return .contains(path, operand)
        default: return random.chance(10) ? .all : .equal(path, operand)
        }
    }

    private mutating func operand(at path: FieldPath, of documents: [Document]) -> Value {
        if random.chance(50), let value = documents.randomElement(using: &random)?[path: path] { return value }
        return value(depth: 1)
    }

    mutating func sort() -> [SortField] {
        (0...random.below(3)).map { _ in SortField(path(), random.chance(50) ? .ascending : .descending) }
    }
}
