import Testing

@testable import MigrationCore

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "a number takes the smallest type that holds it",
        arguments: [
            ("0", .int32(0)), ("-0", .int32(0)), ("7", .int32(7)),
            ("2147483647", .int32(.max)), ("2147483648", .int64(2_147_483_648)),
            ("-2147483648", .int32(.min)), ("-2147483649", .int64(-2_147_483_649)),
            ("9007199254740991", .int64((1 << 53) - 1)), ("9007199254740993", .int64((1 << 53) + 1)),
            ("9223372036854775807", .int64(.max)), ("-9223372036854775808", .int64(.min)),
            ("9223372036854775808", .double(0x1p63)), ("-9223372036854775809", .double(-0x1p63)),
            ("18446744073709551615", .double(0x1p64)), ("99999999999999999999", .double(1e20)),
            ("1.0", .double(1)), ("1e0", .double(1)), ("-0.0", .double(-0.0)), ("-0e0", .double(-0.0)),
            ("9007199254740993.0", .double(9_007_199_254_740_992)),
        ] as [(String, Value)]
    )
    func types(_ text: String, _ value: Value) throws {
        #expect(try ExtendedJSON.parseValue(Array(text.utf8)) == value)
    }

    @Test(
        "a double is the nearest one, where that is hard to tell",
        arguments: [
            "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9406564584124654e-324", "2.4703282292062328e-324",
            "2.4703282292062327e-324", "1.7976931348623157e308", "1.7976931348623158e308", "9007199254740993.0",
            "9007199254740992.99999999999999999999", "9007199254740993.00000000000000000000000000000000001",
            "0.500000000000000166533453693773481063544750213623046875", "3.518437208883201171875e13",
            "62.5364939768271845828", "8.10109172351e-10", "1.50000000000000011102230246251565",
            "9007199254740991.4999999999999999999999999999999995", "1e23", "8.5e22", "1e-22", "1e22",
            "123456789012345678e-5",
            "6929495644600919.5", "3.7455744005952583e15", "0.1e-6", "100000000000000016777215", "5e-324", "1e-400",
            "17976931348623157e292", "0.000000000000000000000000000000000000000000000000000000000000001e70",
        ]
    )
    func nearest(_ text: String) throws {
        #expect(try ExtendedJSON.parseValue(Array(text.utf8)) == .double(#require(Double(text))))
        #expect(try ExtendedJSON.parseValue(Array(("-" + text).utf8)) == .double(#require(Double("-" + text))))
    }

    @Test("every shape of digits and exponents gives the nearest double", arguments: [1 as UInt64, 2, 3, 4])
    func randomTexts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let digits = Int(random.next() % 22) + 1
            var text = random.next() % 2 == 0 ? "-" : ""
            text += "\(random.next() % 9 + 1)."
            for _ in 0..<digits { text += "\(random.next() % 10)" }
            text += "e\(Int(random.next() % 80) - 40)"
            let expected = try #require(Double(text))
            #expect(try ExtendedJSON.parseValue(Array(text.utf8)) == .double(expected), "\(text), seed \(seed)")
        }
    }

    @Test("every bit pattern of a finite double is written so that it reads back", arguments: [1 as UInt64, 2, 3, 4])
    func randomBits(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            for mode in JSONMode.allCases {
                var text: [UInt8] = []
                ExtendedJSON.writeValue(.double(number), mode: mode, into: &text)
                #expect(try ExtendedJSON.parseValue(text) == .double(number), "\(number), seed \(seed)")
            }
        }
    }

    @Test(
        "doubles are written in their shortest form",
        arguments: [
            (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1.5, "-1.5"), (0.1, "0.1"), (1e15, "1000000000000000.0"),
            (999_999_999_999_999, "999999999999999.0"), (1e16, "1E+16"), (1.2345678921232e18, "1.2345678921232E+18"),
            (0.00001, "1E-5"), (1.5e-7, "1.5E-7"), (.leastNonzeroMagnitude, "5E-324"),
            (0.1 + 0.2, "0.30000000000000004"),
            (.greatestFiniteMagnitude, "1.7976931348623157E+308"), (1e100, "1E+100"),
        ] as [(Double, String)]
    )
    func shortest(_ number: Double, _ text: String) {
        var relaxed: [UInt8] = []
        ExtendedJSON.writeValue(.double(number), mode: .relaxed, into: &relaxed)
        #expect(String(decoding: relaxed, as: UTF8.self) == text)
        var canonical: [UInt8] = []
        ExtendedJSON.writeValue(.double(number), mode: .canonical, into: &canonical)
        #expect(String(decoding: canonical, as: UTF8.self) == "{\"$numberDouble\":\"\(text)\"}")
    }

    @Test("a number of a million digits is read in linear time", .timeLimit(.minutes(1)))
    func longNumbers() throws {
        let digits = String(repeating: "7", count: 1_000_000)
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(try ExtendedJSON.parseValue(Array("0.\(digits)".utf8)) == .double(0.7777777777777778))
        #expect(try ExtendedJSON.parseValue(Array("0.\(zeros)1e1000001".utf8)) == .double(1))
        #expect(try ExtendedJSON.parseValue(Array("1\(zeros)e-1000000".utf8)) == .double(1))
        #expect(try ExtendedJSON.parseValue(Array("0.\(zeros)1".utf8)) == .double(0))
        #expect(throws: DocumentError.self) { try ExtendedJSON.parseValue(Array(digits.utf8)) }
        #expect(throws: DocumentError.self) { try ExtendedJSON.parseValue(Array("1e\(digits)".utf8)) }
        #expect(try ExtendedJSON.parseValue(Array("1e-\(digits)".utf8)) == .double(0))
        // A tie of 2^53 + 1 that only the last of a million digits breaks.
        #expect(try ExtendedJSON.parseValue(Array("9007199254740993.\(zeros)".utf8)) == .double(0x1p53))
        #expect(try ExtendedJSON.parseValue(Array("9007199254740993.\(zeros)1".utf8)) == .double(0x1p53 + 2))
    }
}
