import MigrationCore
import Testing

@Suite("UTF-8 is checked as the Unicode standard has it")
struct UTF8ValidationTests {
    @Test("two, three and four bytes with an edge in each place are judged as the standard library does")
    func agreesWithStandardLibrary() {
        let edges: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0,
            0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF,
        ]
        var checked = 0
        func check(_ bytes: [UInt8]) {
            for padding in [0, 7] {
                let text = [UInt8](repeating: 0x61, count: padding) + bytes
                let expected = String(validating: text, as: UTF8.self) != nil
                let found = text.withUnsafeBytes { $0.firstInvalidUTF8(in: 0..<text.count) }
                if (found == nil) != expected {
                    Issue.record("\(bytes) after \(padding) bytes: \(String(describing: found))")
                }
                checked += 1
            }
        }
        for first in edges {
            for second in UInt8.min ... .max { check([first, second]) }
            for second in edges {
                for third in edges {
                    check([first, second, third])
                    guard first >= 0xF0 else { continue }
                    for fourth in [0x7F, 0x80, 0xBF, 0xC0] as [UInt8] { check([first, second, third, fourth, 0x61]) }
                }
            }
        }
        #expect(checked > 80_000)
    }

    @Test("the offset is that of the character's first byte", arguments: 0..<20)
    func offsets(padding: Int) {
        let bytes =
            [UInt8](repeating: 0x61, count: padding) + Array("é日😀".utf8) + [0xE2, 0x82] + Array("abcdefgh".utf8)
        #expect(bytes.withUnsafeBytes { $0.firstInvalidUTF8(in: 0..<bytes.count) } == padding + 9)
        #expect(bytes.withUnsafeBytes { $0.firstInvalidUTF8(in: 0..<(padding + 9)) } == nil)
        #expect(bytes.withUnsafeBytes { $0.firstInvalidUTF8(in: 0..<(padding + 8)) } == padding + 5)
    }
}
