import Testing

@testable import MigrationCore

@Suite("JSON strings")
struct JSONStringTests {
    @Test("every kind of character is found at every place of a stride of eight bytes", arguments: 0..<18)
    func alignment(_ padding: Int) throws {
        let plain = String(repeating: "x", count: padding)
        for (escape, character) in [
            (#"\n"#, "\n"), (#"\""#, "\""), (#"\\"#, "\\"), (#"\u0000"#, "\u{0}"), ("é", "é"), ("☆", "☆"), ("🚀", "🚀"),
            (#"\u2606"#, "☆"), (#"\ud83d\ude80"#, "🚀"), ("/", "/"), ("", ""),
        ] {
            for tail in 0..<10 {
                let rest = String(repeating: "y", count: tail)
                let document = try Document(json: "{\"a\":\"\(plain)\(escape)\(rest)\"}")
                #expect(document["a"] == .string(plain + character + rest))
                #expect(try Document(json: document.json(.canonical)) == document)
            }
        }
    }

    @Test("a bad byte is found at every place of a stride of eight bytes", arguments: 0..<18)
    func badBytes(_ padding: Int) throws {
        let plain = [UInt8](repeating: 0x78, count: padding)
        for bad: [UInt8] in [
            [0x0A], [0x00], [0x1F], [0x80], [0xC3], [0xFF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        ] {
            for tail in 0..<10 {
                let bytes =
                    Array("{\"a\":\"".utf8) + plain + bad + [UInt8](repeating: 0x79, count: tail) + Array("\"}".utf8)
                let error = #expect(throws: DocumentError.self) { try Document(json: bytes) }
                #expect(error?.byteOffset == 6 + padding)
            }
        }
    }

    @Test("every Unicode scalar is read, raw and escaped, and written")
    func scalars() throws {
        var text = ""
        var escaped = ""
        for value in stride(from: 0 as UInt32, through: 0x10FFFF, by: 37) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text.unicodeScalars.append(scalar)
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        let document: Document = ["a": .string(text)]
        #expect(try Document(json: "{\"a\":\"\(escaped)\"}") == document)
        #expect(try Document(json: document.json()) == document)
    }

    @Test("every two bytes are accepted exactly when they are UTF-8")
    func pairs() {
        var wrong: [[UInt8]] = []
        for first in 0x80...0xFF as ClosedRange<UInt8> {
            for second in 0x00...0xFF as ClosedRange<UInt8> where second >= 0x20 && second != 0x22 && second != 0x5C {
                for rest: [UInt8] in [[], [0x80], [0xBF, 0x80]] {
                    let bytes = [first, second] + rest
                    let json = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
                    let isText = String(validating: bytes, as: UTF8.self) != nil
                    if ((try? Document(json: json)) != nil) != isText { wrong.append(bytes) }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("control characters, quotes and backslashes are written as escapes, all else as it is")
    func escapes() {
        let document: Document = ["a": .string((0..<0x80).map { String(UnicodeScalar(UInt8($0))) }.joined())]
        let expected =
            ##"""
            {"a":"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\##
            \u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&'()*+,-./0123456789:;<=>?@\##
            ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\##u{7f}"}
            """##
        #expect(document.json() == expected)
    }

    @Test("text that grows sixfold when it is written has room", arguments: [0, 1, 7, 8, 9, 1000, 100_000])
    func growth(_ count: Int) throws {
        let document: Document = [
            "a": .string(String(repeating: "\u{1}", count: count)),
            "b": .binary(Binary(bytes: [UInt8](repeating: 255, count: count))),
            "c": .regularExpression(RegularExpression(pattern: String(repeating: "\\", count: count))),
            String(repeating: "\"", count: count + 1): .array(Array(repeating: .minKey, count: min(count, 1000))),
        ]
        #expect(try Document(json: document.jsonBytes(.canonical)) == document)
        #expect(try Document(json: document.json(.relaxed)) == document)
    }

    @Test("long strings full of escapes are read in linear time", .timeLimit(.minutes(1)))
    func longStrings() throws {
        let limits = DocumentLimits(maximumBytes: 64 << 20)
        for (escape, character) in [(#"\n"#, "\n"), (#"\ud83d\ude80"#, "🚀"), ("é", "é")] {
            let text = String(repeating: escape, count: 500_000)
            let document = try Document(json: "{\"a\":\"\(text)\"}", limits: limits)
            #expect(document["a"] == .string(String(repeating: character, count: 500_000)))
        }
    }
}
