/// Makes one input out of seeds: a seed with a few changes, most of them small.
struct Mutator {
    /// What a change puts in.
    enum Grammar {
        case json, bson
    }

    private var random: SplitMix

    init(seed: UInt64, index: Int) {
        random = SplitMix(state: seed &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
    }

    mutating func mutate(_ seeds: [[UInt8]], with grammar: Grammar) -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        // Most changes to JSON break it, so many inputs get one only; some get none and some get many.
        let changes = [0, 1, 1, 1, 1, 2, 2, 3, 5, 12][below(10)]
        for _ in 0..<changes {
            change(&bytes, seeds, grammar)
        }
        return bytes.count <= 4 * FuzzSeeds.maximumBytes ? bytes : Array(bytes.prefix(FuzzSeeds.maximumBytes))
    }

    private mutating func change(_ bytes: inout [UInt8], _ seeds: [[UInt8]], _ grammar: Grammar) {
        let place = below(bytes.count + 1)
        switch below(grammar == .json ? 14 : 10) {
        case 0:
            if place < bytes.count { bytes[place] ^= 1 << UInt8(below(8)) }
        case 1:
            if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
        case 2:
            bytes.insert(interestingByte(grammar), at: place)
        case 3:
            bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(4)))
        case 4:
            let end = min(bytes.count, place + 1 + below(40))
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5:
            bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(40)))
        case 6:
            let other = seeds[below(seeds.count)]
            let start = below(other.count + 1)
            bytes.insert(contentsOf: other[start..<min(other.count, start + 1 + below(60))], at: place)
        case 7:
            if grammar == .json {
                if below(4) == 0 { bytes.removeSubrange(place...) }
            } else if place < bytes.count {
                bytes[place] = bytes[place] &+ [1, 2, 255, 254][below(4)]
            }
        case 8 where grammar == .bson, 9 where grammar == .bson:
            replaceLetter(in: &bytes, from: place)
        case 8, 9:
            bytes.insert(contentsOf: Self.tokens[below(Self.tokens.count)].utf8, at: place)
        case 10, 11:
            replaceString(in: &bytes, from: place)
        case 12:
            replaceDigit(in: &bytes, from: place)
        default:
            replaceValue(in: &bytes, from: place)
        }
    }

    /// Changes a letter in place, so that structure stays whole.
    private mutating func replaceString(in bytes: inout [UInt8], from place: Int) {
        guard let letter = bytes[place...].firstIndex(where: { (0x61...0x7A).contains($0) }) else { return }
        bytes.replaceSubrange(letter...letter, with: Self.characters[below(Self.characters.count)])
    }

    /// Changes a letter of a name or text into one other byte, so that every length stays right.
    private mutating func replaceLetter(in bytes: inout [UInt8], from place: Int) {
        guard let letter = bytes[place...].firstIndex(where: { (0x61...0x7A).contains($0) }) else { return }
        bytes[letter] = Array("aAz$.\"\\\n\u{7f}".utf8)[below(9)]
    }

    private mutating func replaceDigit(in bytes: inout [UInt8], from place: Int) {
        guard let digit = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
        bytes.replaceSubrange(digit...digit, with: Self.numbers[below(Self.numbers.count)].utf8)
    }

    /// Puts a value between a colon and the comma or bracket behind it.
    private mutating func replaceValue(in bytes: inout [UInt8], from place: Int) {
        guard let colon = bytes[place...].firstIndex(of: 0x3A) else { return }
        let end = bytes[colon...].firstIndex { $0 == 0x2C || $0 == 0x7D } ?? bytes.endIndex
        bytes.replaceSubrange((colon + 1)..<end, with: Self.values[below(Self.values.count)].utf8)
    }

    private mutating func interestingByte(_ grammar: Grammar) -> UInt8 {
        let choices: [UInt8] =
            grammar == .json
            ? Array("{}[]\",:\\$ \t\n\r0123456789eE+-.tfnua".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
            : Array(0...0x13) + [0x7F, 0x80, 0xFF, 0x24, 0x30, 0x31]
        return choices[below(choices.count)]
    }

    private mutating func below(_ bound: Int) -> Int {
        Int(random.next() % UInt64(bound))
    }

    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"\"", "{}", "[]", "null", "true", "false", "-", "0", "1e5", ",\"a\":1",
        "\"a\":", " ",
        "\\u0000", "\\ud800", "\\udc00", "\\u0024", "\\n", "\u{feff}", "\u{e9}", "1E400", "\"$oid\":", "\"$date\":",
        "\"$numberLong\":\"", "\"$binary\":", "{\"$minKey\":1}", "\"$scope\":{},", "\"$type\":\"00\",",
        "\"$code\":\"\",", "/**/", "NaN",
    ]

    private static let characters: [[UInt8]] =
        [
            "b", "$", ".", "\\\"", "\\\\", "\\u0041", "\\ud83d\\ude80", "\u{e9}", "\u{4e2d}", "\u{1F680}", "\\/", "",
            "A", "zz",
        ]
        .map { Array($0.utf8) } + [[0x80], [0xE2, 0x98], [0x0A]]

    private static let numbers = [
        "0", "1", "9", "00", "12", "2147483648", "-1", ".5", "e3", "e-3", "9223372036854775808", "0.1", "e309", "e-400",
        "123456789012345678901234567890",
    ]

    private static let values = [
        "1", "-1.5", "\"x\"", "null", "true", "{}", "[]", "[1,2,{\"a\":[]}]", "{\"$oid\":\"57e193d7a9cc81b4027498b5\"}",
        "{\"$numberDecimal\":\"1.5\"}", "{\"$date\":\"2024-02-29T00:00:00Z\"}", "{\"$numberInt\":\"1\"}", "", "1 2",
        "{\"$code\":\"f\",\"$scope\":{\"x\":1}}", "9007199254740993", "1e22", "0.30000000000000004",
    ]
}

/// SplitMix64.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
