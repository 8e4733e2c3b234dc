internal import MigrationCore

/// Values of every type, in an order of no meaning, with those among them that are easily confused.
enum SampleValues {
    static let numbers: [Value] = [
        .double(.nan), .double(-.infinity), .int64(.min), .double(-1.5), .int32(-1), .double(-0.0), .int32(0),
        .double(.leastNonzeroMagnitude), .double(0.1), .int32(1), .int64(1), .double(1.0), .int32(.max),
        .int64(9_007_199_254_740_992), .int64(9_007_199_254_740_993), .double(9_007_199_254_740_992), .int64(.max),
        .double(9_223_372_036_854_775_808), .double(.infinity), decimal("0"), decimal("0.1"), decimal("1.00"),
        decimal("nan"),
    ]

    static let texts: [Value] = [
        "", " ", "A", "a", "a ", "aa", "\u{E9}", "e\u{301}", "\u{FF5E}", "\u{1F680}", "null", "1", "true", "a\u{0}b",
    ]

    static let others: [Value] = [
        .minKey, .undefined, .null, .bool(false), .bool(true), .symbol("a"), .symbol(""),
        .date(WallTime(millisecondsSinceEpoch: .min)), .date(WallTime(millisecondsSinceEpoch: -1)),
        .date(WallTime(millisecondsSinceEpoch: 0)), .date(WallTime(millisecondsSinceEpoch: 253_402_300_800_000)),
        .date(WallTime(millisecondsSinceEpoch: .max)), .timestamp(BSONTimestamp(seconds: 0, increment: 1)),
        .timestamp(BSONTimestamp(seconds: .max, increment: 0)), .objectID(objectID(0)), .objectID(objectID(0xFF)),
        .binary(Binary(bytes: [])), .binary(Binary(subtype: 2, bytes: [1, 2])),
        .binary(Binary(subtype: 0, bytes: [1, 2])), .binary(Binary(subtype: 4, bytes: Array(0..<16))),
        .binary(Binary(subtype: 128, bytes: [0])), .regularExpression(RegularExpression(pattern: "^a", options: "im")),
        .regularExpression(RegularExpression(pattern: "", options: "")),
        .dbPointer(DBPointer(namespace: "db.c", id: objectID(1))), .javaScript("f()"),
        .javaScriptWithScope("f()", ["x": 1]), .array([]), .array([nil]), .array([1, "a"]), .array([1]),
        .array([["x": 1]]), .document([:]), .document(["x": 1]), .document(["x": 1, "y": nil]),
        .document(["y": 0]), .maxKey,
    ]

    static let all = numbers + texts + others

    /// Bodies that a store must keep byte for byte.
    static let documents: [Document] = {
        var every = Document()
        for (index, value) in all.enumerated() { every.append("f\(index)", value) }
        var names = Document()
        for name in [
            "", " ", "a.b", "$", "$where", "\u{E9}", "e\u{301}", "0", "10", "9", "A", "a", "\u{1F680}", "\"'\\/",
        ] {
            names.append(name, .string(name))
        }
        var deep: Document = ["leaf": 1]
        for level in 0..<90 { deep = level % 2 == 0 ? ["d": .document(deep)] : ["a": .array([.document(deep), 2])] }
        return [[:], every, ["nested": .document(every), "array": .array(all)], names, deep]
    }()

    static func objectID(_ last: UInt8) -> ObjectID {
        ObjectID(bytes: [0x5F, 0x43, 0, 1, 2, 3, 4, 5, 6, 7, 8, last]) ?? ObjectID(high: 0, low: 0)
    }

    /// Decimals by their bits (IEEE 754-2008, binary integer coding), so that no text codec is involved.
    private static func decimal(_ text: String) -> Value {
        switch text {
        case "0": .decimal128(Decimal128(high: 0x3040_0000_0000_0000, low: 0))
        case "0.1": .decimal128(Decimal128(high: 0x303E_0000_0000_0000, low: 1))
        case "1.00": .decimal128(Decimal128(high: 0x303C_0000_0000_0000, low: 100))
        default: .decimal128(Decimal128(high: 0x7C00_0000_0000_0000, low: 0))
        }
    }
}
