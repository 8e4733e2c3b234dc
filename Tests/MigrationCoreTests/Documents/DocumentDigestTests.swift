import Crypto
import MigrationCore
import Testing

@Suite("A canonical digest decides whether two stores hold the same document")
struct DocumentDigestTests {
    static let allOptions: [DigestOptions] = [
        DigestOptions(), DigestOptions(fieldOrder: .ignored), DigestOptions(numbers: .byValue),
        DigestOptions(fieldOrder: .ignored, numbers: .byValue), DigestOptions(excludedFields: []),
        DigestOptions(excludedFields: ["_etag"]),
    ]

    @Test("the default digest is the documented bytes")
    func documentedFormat() {
        let document: Document = ["a": 1, "_ts": 7, "b": "x"]
        var domain = Array("cutover document digest 1".utf8) + [0, 0]
        for name in ["_attachments", "_etag", "_lsn", "_rid", "_self", "_ts"] {
            domain += [UInt8(name.utf8.count), 0, 0, 0] + Array(name.utf8)
        }
        let body: [UInt8] = [0x10, 0x61, 0, 1, 0, 0, 0, 0x02, 0x62, 0, 2, 0, 0, 0, 0x78, 0, 0]
        let expected = SHA256.hash(data: Array(SHA256.hash(data: domain)) + body)
        #expect(document.canonicalDigest().bytes == Array(expected))
    }

    @Test("the digest that ignores order and types is the documented bytes")
    func documentedFormatByValue() {
        let document: Document = ["b": ["z": .int64(1), "y": [.double(2)]], "a": .int64(9_007_199_254_740_993)]
        let domain = Array("cutover document digest 1".utf8) + [1, 1]
        var body: [UInt8] = [0x10, 0x61, 0, UInt8(ascii: "I"), 1, 0, 0, 0, 0, 0, 0x20, 0]
        body += [0x03, 0x62, 0]
        body += [0x04, 0x79, 0, 0x10, 0x30, 0, UInt8(ascii: "D"), 0, 0, 0, 0, 0, 0, 0, 0x40, 0]
        body += [0x10, 0x7A, 0, UInt8(ascii: "D"), 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0]
        body += [0]
        let expected = SHA256.hash(data: Array(SHA256.hash(data: domain)) + body)
        let options = DigestOptions(fieldOrder: .ignored, numbers: .byValue, excludedFields: [])
        #expect(document.canonicalDigest(options).bytes == Array(expected))
    }

    @Test("the order of fields counts at every level only when it is kept")
    func fieldOrder() {
        let a: Document = [
            "x": 1, "y": ["p": 1, "q": 2], "z": [["m": 1, "n": 2]], "c": .javaScriptWithScope("", ["i": 1, "j": 2]),
        ]
        let b: Document = [
            "c": .javaScriptWithScope("", ["j": 2, "i": 1]), "z": [["n": 2, "m": 1]], "y": ["q": 2, "p": 1], "x": 1,
        ]
        let ignored = DigestOptions(fieldOrder: .ignored)
        #expect(a.canonicalDigest() != b.canonicalDigest())
        #expect(a.canonicalDigest(ignored) == b.canonicalDigest(ignored))
        let c: Document = ["v": [1, 2]]
        let d: Document = ["v": [2, 1]]
        #expect(c.canonicalDigest(ignored) != d.canonicalDigest(ignored))
    }

    @Test("numbers by value have equal digests exactly when the one order has them equal")
    func numbersByValue() {
        let numbers = ValueOrderTests.ascending.flatMap { $0 }.compactMap { $0 }.filter { ExactNumber($0) != nil }
        let exact = DigestOptions()
        let byValue = DigestOptions(numbers: .byValue)
        for a in numbers {
            for b in numbers {
                let left: Document = ["n": ["m": a]]
                let right: Document = ["n": ["m": b]]
                let equal = left.canonicalDigest(byValue) == right.canonicalDigest(byValue)
                #expect(equal == ValueOrder.areEqual(a, b), "\((a, b))")
                #expect((left.canonicalDigest(exact) == right.canonicalDigest(exact)) == (a == b))
            }
        }
    }

    @Test("system fields are left out at the top level and nowhere else")
    func systemFields() {
        let plain: Document = ["a": 1, "b": ["_etag": 1]]
        let stored: Document = [
            "_rid": "r", "a": 1, "_self": "s", "_etag": "e", "b": ["_etag": 1], "_attachments": "", "_ts": 5,
        ]
        #expect(plain.canonicalDigest() == stored.canonicalDigest())
        #expect(plain.canonicalDigest() != (["a": 1, "b": [:]] as Document).canonicalDigest())
        let nothing = DigestOptions(excludedFields: [])
        #expect(plain.canonicalDigest(nothing) != stored.canonicalDigest(nothing))
        for options in Self.allOptions.prefix(4) {
            #expect(plain.canonicalDigest(options) == stored.canonicalDigest(options))
        }
    }

    @Test("an excluded field is left out wherever its name lies, a text that reads like one is not", arguments: 0..<80)
    func places(padding: Int) {
        let text = String(repeating: "x", count: padding)
        let options = [DigestOptions.default, DigestOptions(excludedFields: ["_etag", "hidden"])]
        for options in options {
            let plain: Document = ["a": .string(text), "b": 2]
            let first: Document = ["_etag": "e", "a": .string(text), "b": 2]
            let middle: Document = ["a": .string(text), "_etag": 5, "b": 2]
            let last: Document = ["a": .string(text), "b": 2, "_etag": .null]
            for document in [first, middle, last] {
                #expect(document.canonicalDigest(options) == plain.canonicalDigest(options))
            }
            let inside: Document = ["a": .string(text + "_etag\u{0}"), "b": 2]
            let other: Document = ["a": .string(text + "_etag\u{0}"), "b": 2, "_etag": 1]
            #expect(inside.canonicalDigest(options) == other.canonicalDigest(options))
            #expect(inside.canonicalDigest(options) != plain.canonicalDigest(options))
        }
    }

    @Test("different options never give the same digest", arguments: [[:], ["a": 1]] as [Document])
    func domainSeparation(document: Document) {
        #expect(Set(Self.allOptions.map { document.canonicalDigest($0) }).count == Self.allOptions.count)
    }

    @Test("shuffled fields at every level have one digest when order is ignored", arguments: 0..<50)
    func shuffling(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let document = Document.random(using: &random)
        let shuffled = document.shuffled(using: &random)
        for numbers in [DigestOptions.Numbers.exact, .byValue] {
            let options = DigestOptions(fieldOrder: .ignored, numbers: numbers)
            #expect(document.canonicalDigest(options) == shuffled.canonicalDigest(options))
        }
        #expect((document.canonicalDigest() == shuffled.canonicalDigest()) == (document == shuffled))
    }

    @Test("a digest is 32 bytes and hexadecimal text, both ways")
    func bytes() {
        let digest = Document().canonicalDigest()
        #expect(DocumentDigest(bytes: digest.bytes) == digest)
        #expect(DocumentDigest(bytes: [1]) == nil)
        #expect(digest.description.count == 64)
        #expect(digest.bytes.starts(with: Hex.bytes(digest.description.prefix(4))!))
    }
}
