internal import MigrationCore

/// The one order over all types, written out: the specification that filters and sorts are held to.
///
/// It is a table, not a function, so that no mistake of a comparison is repeated here. Kinds come in ascending order, so do
/// the groups within a kind, and the values of one group are equal.
enum OrderedValues {
    static let kinds: [(name: String, groups: [[Value]])] = [
        ("minKey", [[.minKey]]),
        ("undefined", [[.undefined]]),
        ("null", [[.null]]),
        ("booleans", [[false], [true]]),
        ("numbers", numbers),
        (
            "texts",
            [
                "", " ", "1", "A", "a", "a\u{0}b", "a ", "aa", "e\u{301}", "null", "true", "\u{E9}", "\u{FF5E}",
                "\u{1F680}",
            ].map { [.string($0)] }
        ),
        ("symbols", [[.symbol("")], [.symbol("a")]]),
        (
            "dates",
            [.min, -1, 0, 253_402_300_800_000, .max].map { [.date(WallTime(millisecondsSinceEpoch: $0))] }
        ),
        (
            "timestamps",
            [
                [.timestamp(BSONTimestamp(seconds: 0, increment: 1))],
                [.timestamp(BSONTimestamp(seconds: .max, increment: 0))],
            ]
        ),
        ("object ids", [[.objectID(SampleValues.objectID(0))], [.objectID(SampleValues.objectID(0xFF))]]),
        (
            "binaries",
            [
                Binary(bytes: []), Binary(subtype: 128, bytes: [0]), Binary(subtype: 0, bytes: [1, 2]),
                Binary(subtype: 0, bytes: [1, 3]), Binary(subtype: 2, bytes: [1, 2]),
                Binary(subtype: 4, bytes: Array(0..<16)),
            ].map { [.binary($0)] }
        ),
        (
            "regular expressions",
            [
                RegularExpression(pattern: "", options: ""), RegularExpression(pattern: "^a", options: ""),
                RegularExpression(pattern: "^a", options: "im"),
            ].map { [.regularExpression($0)] }
        ),
        (
            "DBPointers",
            [
                DBPointer(namespace: "db.c", id: SampleValues.objectID(1)),
                DBPointer(namespace: "db.c", id: SampleValues.objectID(2)),
            ].map { [.dbPointer($0)] }
        ),
        ("code", [[.javaScript("f()")], [.javaScript("g()")]]),
        ("code with scope", [[.javaScriptWithScope("f()", ["x": 1])], [.javaScriptWithScope("f()", ["x": 2])]]),
        (
            "arrays",
            [[[]], [[nil]], [[1], [.int64(1)]], [[1, "a"]], [[2]], [["a"]], [[["x": 1]]]]
        ),
        (
            "documents",
            [[[:]], [["x": 1], ["x": 1.0]], [["x": 1, "y": nil]], [["x": 2]], [["y": 0]]]
        ),
        ("maxKey", [[.maxKey]]),
    ]

    private static let numbers: [[Value]] = [
        [.double(.nan), .decimal128(Decimal128(high: 0x7C00_0000_0000_0000, low: 0))],
        [.double(-.infinity)],
        [.int64(.min), .double(-9_223_372_036_854_775_808)],
        [.double(-1.5)],
        [.int32(-1), .int64(-1), .double(-1)],
        [
            .int32(0), .int64(0), .double(0), .double(-0.0),
            .decimal128(Decimal128(high: 0x3040_0000_0000_0000, low: 0)),
        ],
        [.double(.leastNonzeroMagnitude)],
        // The double nearest to 0.1 is a little above it.
        [.decimal128(Decimal128(high: 0x303E_0000_0000_0000, low: 1))],
        [.double(0.1)],
        [.int32(1), .int64(1), .double(1), .decimal128(Decimal128(high: 0x303C_0000_0000_0000, low: 100))],
        [.int32(.max), .double(2_147_483_647)],
        [.int64(9_007_199_254_740_992), .double(9_007_199_254_740_992)],
        [.int64(9_007_199_254_740_993)],
        [.int64(.max)],
        [.double(9_223_372_036_854_775_808)],
        [.double(.infinity)],
    ]

    /// A value with its place: equal places are equal values, and values of one kind can be compared.
    struct Place {
        let value: Value?
        let kind: Int
        let group: Int
    }

    /// All values in ascending order, a missing one first.
    static let all: [Place] = {
        var places = [Place(value: nil, kind: -1, group: 0)]
        var group = 0
        for (kind, entry) in kinds.enumerated() {
            for values in entry.groups {
                group += 1
                for value in values { places.append(Place(value: value, kind: kind, group: group)) }
            }
        }
        return places
    }()

    /// A document that holds the value of a place in the field `v`.
    static func document(_ place: Place) -> Document {
        var document: Document = ["before": 1]
        if let value = place.value { document.append("v", value) }
        return document
    }
}
