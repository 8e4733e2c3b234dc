import MigrationCore
import Testing

@Suite("One order holds over all values")
struct ValueOrderTests {
    /// Ascending; values in one group are equal.
    static let ascending: [[Value?]] = [
        [nil],
        [.minKey],
        [.undefined],
        [.null],
        [false],
        [true],
        [.double(.nan), .double(-.nan), .double(Double(nan: 5, signaling: false)), decimal(0x7C00_0000_0000_0000, 0)],
        [.double(-.infinity), decimal(0xF800_0000_0000_0000, 0)],
        [decimal(exponent: 6111, -9_999_999_999_999_999_999_999_999_999_999_999)],
        [.double(-.greatestFiniteMagnitude)],
        [.double(-0x1p63), .int64(.min)],
        [.int64(.min + 1)],
        [.int32(-1), .int64(-1), .double(-1), decimal(exponent: -1, -10)],
        [.double(-.leastNonzeroMagnitude)],
        [0, .int64(0), .double(0), .double(-0.0), decimal(exponent: 0, 0), decimal(exponent: -100, 0)],
        [decimal(exponent: -6176, 1)],
        [.double(.leastNonzeroMagnitude)],
        [decimal(exponent: -1, 1)],
        [.double(0.1)],
        [.double(0.5), decimal(exponent: -1, 5), decimal(exponent: -3, 500)],
        [1, .double(1), .int64(1)],
        [.int64(9_007_199_254_740_991), .double(9_007_199_254_740_991)],
        [.int64(9_007_199_254_740_992), .double(9_007_199_254_740_992)],
        [.int64(9_007_199_254_740_993), decimal(exponent: 0, 9_007_199_254_740_993)],
        [.int64(9_007_199_254_740_994), .double(9_007_199_254_740_994)],
        [.int64(.max)],
        [.double(0x1p63), decimal(exponent: 0, 9_223_372_036_854_775_808)],
        [.double(1e22), decimal(exponent: 22, 1)],
        [decimal(exponent: 23, 1)],
        [.double(1e23.nextUp)],
        [.double(.greatestFiniteMagnitude)],
        [decimal(exponent: 309, 1)],
        [.double(.infinity), decimal(0x7800_0000_0000_0000, 0)],
        [""],
        ["A"],
        ["a"],
        ["a\u{0}"],
        ["e\u{301}"],
        ["\u{E9}"],
        ["\u{FFFF}"],
        ["\u{1F600}"],
        [.symbol("a")],
        [.date(WallTime(millisecondsSinceEpoch: -1))],
        [.date(WallTime(millisecondsSinceEpoch: 0))],
        [.timestamp(BSONTimestamp(seconds: 1, increment: 2))],
        [.timestamp(BSONTimestamp(seconds: 2, increment: 1))],
        [.objectID(ObjectID("000000000000000000000001")!)],
        [.objectID(ObjectID("800000000000000000000000")!)],
        [.binary(Binary(subtype: 9, bytes: [9]))],
        [.binary(Binary(subtype: 0, bytes: [1, 2]))],
        [.binary(Binary(subtype: 5, bytes: [1, 1]))],
        [.regularExpression(RegularExpression(pattern: "a", options: "i"))],
        [.regularExpression(RegularExpression(pattern: "b"))],
        [.dbPointer(DBPointer(namespace: "a.b", id: ObjectID("000000000000000000000001")!))],
        [.javaScript("a")],
        [.javaScriptWithScope("a", [:])],
        [.javaScriptWithScope("a", ["x": 1])],
        [[]],
        [[nil]],
        [[1], [.double(1)]],
        [[1, 0]],
        [[2]],
        [[:]],
        [["a": 1], ["a": .int64(1)]],
        [["a": 1, "b": 0]],
        [["a": 2]],
        [["b": 0]],
        [.maxKey],
    ]

    @Test("every value is less than all that come after it and equal to those beside it")
    func totalOrder() {
        for (index, group) in Self.ascending.enumerated() {
            for (other, others) in Self.ascending.enumerated() {
                for a in group {
                    for b in others {
                        #expect(ValueOrder.compare(a, b) == Ordering(index, other), "\(String(describing: (a, b)))")
                    }
                }
            }
        }
    }

    @Test("documents are compared inside their bytes as their values are")
    func elementsInPlace() {
        let values = Self.ascending.flatMap { $0 }.compactMap { $0 }
        for a in values {
            let document: Document = ["x": ["y": [0, a]]]
            for b in values {
                #expect(document.compare(at: "x.y.1", with: b) == ValueOrder.compare(a, b))
            }
        }
        #expect(Document().compare(at: "x", with: .minKey) == .less)
    }

    @Test("a double and the decimal that is closest to it are told apart exactly", arguments: 0..<200)
    func decimalsNearDoubles(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let whole = UInt64.random(in: 1..<(1 << 53), using: &random)
        let shift = Int.random(in: 1...60, using: &random)
        let double = Double(whole) * 0x1p-60 * Double(sign: .plus, exponent: 60 - shift, significand: 1)
        // whole / 2^shift = whole * 5^shift / 10^shift: exact as a decimal while it has at most 34 digits.
        var coefficient = UInt128(whole)
        var digits = 0
        for _ in 0..<shift where coefficient < Decimal128.maximumCoefficient / 5 {
            coefficient *= 5
            digits += 1
        }
        guard digits == shift, coefficient < Decimal128.maximumCoefficient else { return }
        let exact = decimal(exponent: -shift, Int128(coefficient))
        #expect(ValueOrder.compare(.double(double), exact) == .equal)
        #expect(ValueOrder.compare(.double(double), decimal(exponent: -shift, Int128(coefficient) + 1)) == .less)
        #expect(ValueOrder.compare(.double(-double), decimal(exponent: -shift, -Int128(coefficient) + 1)) == .less)
        #expect(ValueOrder.compare(decimal(exponent: -shift, Int128(coefficient) - 1), .double(double)) == .less)
    }
}

func decimal(_ high: UInt64, _ low: UInt64) -> Value {
    .decimal128(Decimal128(high: high, low: low))
}

/// A decimal number from its parts.
func decimal(exponent: Int, _ coefficient: Int128) -> Value {
    let magnitude = coefficient.magnitude
    let sign: UInt64 = coefficient < 0 ? 1 << 63 : 0
    return decimal(
        sign | UInt64(exponent + Decimal128.exponentBias) << 49 | UInt64(magnitude >> 64),
        UInt64(truncatingIfNeeded: magnitude)
    )
}
