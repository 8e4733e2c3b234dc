import MigrationCore
import Testing

@Suite("Decimal128 as text")
struct Decimal128TextTests {
    @Test(
        "a text is read exactly and written in its one form",
        arguments: [
            ("0", "0"), ("-0", "-0"), ("+0.00", "0.00"), ("007", "7"), ("017.", "17"), (".5", "0.5"), ("1.50", "1.50"),
            ("1e3", "1E+3"), ("1E+3", "1E+3"), ("12e3", "1.2E+4"), ("1e-6", "0.000001"), ("1e-7", "1E-7"),
            ("12e-8", "1.2E-7"), ("123e-8", "0.00000123"), ("-1.0e-6176", "-1E-6176"), ("0e-99999", "0E-6176"),
            ("0e99999", "0E+6111"), ("-0.0e99999", "-0E+6111"), ("1e6144", "1.000000000000000000000000000000000E+6144"),
            ("10e6110", "1.0E+6111"), ("1e6112", "1.0E+6112"),
            ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
            ("99999999999999999999999999999999990", "9.999999999999999999999999999999999E+34"),
            ("1000000000000000000000000000000000000000", "1.000000000000000000000000000000000E+39"),
            ("0.00000000000000000000000000000000000000000000000001", "1E-50"),
            ("1.00000000000000000000000000000000000000000000", "1.000000000000000000000000000000000"),
            ("100e-6178", "1E-6176"), ("NaN", "NaN"), ("-nan", "NaN"), ("+NAN", "NaN"), ("inf", "Infinity"),
            ("-Inf", "-Infinity"), ("InFiNiTy", "Infinity"), ("+Infinity", "Infinity"),
        ]
    )
    func texts(_ text: String, _ expected: String) throws {
        let number = try #require(Decimal128(text))
        #expect(number.description == expected)
        #expect(Decimal128(expected) == number)
        #expect(number.isCanonical)
    }

    @Test(
        "a text that is malformed, out of range or too precise is none",
        arguments: [
            "", " ", ".", "+", "-", "e", "e1", ".e1", "1e", "1e+", "1e1.5", "1.2.3", "1..2", "--1", "+-1", "1 ", " 1",
            "1_0",
            "0x1", "sNaN", "NaN1", "Infin", "Infinityx", "inf1", "1e6145", "10e6144", "1e-6177", "12e-6177",
            "12345678901234567890123456789012345", "1.0000000000000000000000000000000001", "\u{661}", "1\u{0}",
            "1e99999999999999999999999", "1e-99999999999999999999999",
        ]
    )
    func malformed(_ text: String) {
        #expect(Decimal128(text) == nil)
    }

    @Test(
        "bits that mean zero or no number by convention are written as that and are not canonical",
        arguments: [
            (0x6C10_0000_0000_0000, 0, "0"), (0xEC10_0000_0000_0000, 5, "-0"),
            (0x3041_ED09_BEAD_87C0, 0x378D_8E64_0000_0000, "0"),
            (0x7E00_0000_0000_0000, 0, "NaN"), (0xFC00_0000_0000_0000, 0, "NaN"), (0x7C00_0000_0000_0000, 1, "NaN"),
            (0x7800_0000_0000_0000, 1, "Infinity"),
        ] as [(UInt64, UInt64, String)]
    )
    func conventions(_ high: UInt64, _ low: UInt64, _ text: String) {
        let number = Decimal128(high: high, low: low)
        #expect(number.description == text)
        #expect(!number.isCanonical)
    }

    @Test("every canonical number comes back from its text", arguments: [1 as UInt64, 2, 3])
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<3000 {
            let digits = Int(random.next() % 35)
            var coefficient: UInt128 = 0
            for _ in 0..<digits { coefficient = coefficient * 10 + UInt128(random.next() % 10) }
            let exponent = random.next() % 2 == 0 ? Int(random.next() % 12288) - 6176 : Int(random.next() % 60) - 45
            let isNegative = random.next() % 2 == 0
            let number = try #require(
                Decimal128(isNegative: isNegative, coefficient: coefficient, exponent: exponent),
                "seed \(seed)"
            )
            #expect(Decimal128(number.description) == number, "\(number), seed \(seed)")
            #expect(number.components == .finite(isNegative: isNegative, coefficient: coefficient, exponent: exponent))
        }
    }

    @Test("a text of a million digits is read in linear time", .timeLimit(.minutes(1)))
    func longTexts() {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(Decimal128("\(zeros)1.5")?.description == "1.5")
        #expect(Decimal128("0.\(zeros)1e1000001")?.description == "1")
        #expect(Decimal128("1\(zeros)e-1000000")?.description == "1.000000000000000000000000000000000")
        #expect(Decimal128(String(repeating: "1", count: 1_000_000)) == nil)
        #expect(Decimal128("1e\(zeros)") == Decimal128("1"))
    }
}
