import MigrationCore

extension Document {
    /// A document of random fields, a few levels deep, with every type.
    static func random(using random: inout SeededGenerator, depth: Int = 3) -> Document {
        var document = Document()
        for _ in 0..<Int.random(in: 0...(depth == 3 ? 30 : 6), using: &random) {
            let name = String.random(using: &random, nul: false)
            if !document.contains(name) { document.append(name, .random(using: &random, depth: depth)) }
        }
        return document
    }

    /// The same fields in random order, at every level.
    func shuffled(using random: inout SeededGenerator) -> Document {
        var document = Document()
        for (name, value) in Array(self).shuffled(using: &random) {
            document.append(name, value.shuffled(using: &random))
        }
        return document
    }
}

extension Value {
    /// A value of any type.
    static func random(using random: inout SeededGenerator, depth: Int = 3) -> Value {
        switch Int.random(in: depth > 0 ? 0..<21 : 3..<21, using: &random) {
        case 0: .document(.random(using: &random, depth: depth - 1))
        case 1:
            .array((0..<Int.random(in: 0...12, using: &random)).map { _ in .random(using: &random, depth: depth - 1) })
        case 2: .javaScriptWithScope(.random(using: &random), .random(using: &random, depth: depth - 1))
        case 3: .double(Double(bitPattern: random.next()))
        case 4: .string(.random(using: &random))
        case 5:
            .binary(
                Binary(
                    subtype: UInt8.random(in: 0...255, using: &random),
                    bytes: (0..<Int.random(in: 0...20, using: &random)).map { UInt8($0) }
                )
            )
        case 6: .undefined
        case 7: .objectID(ObjectID(high: random.next(), low: UInt32(truncatingIfNeeded: random.next())))
        case 8: .bool(Bool.random(using: &random))
        case 9: .date(WallTime(millisecondsSinceEpoch: Int64.random(in: .min ... .max, using: &random)))
        case 10: .null
        case 11:
            .regularExpression(
                RegularExpression(pattern: .random(using: &random, nul: false), options: "xmi")
            )
        case 12: .dbPointer(DBPointer(namespace: .random(using: &random), id: ObjectID(high: 1, low: 2)))
        case 13: .javaScript(.random(using: &random))
        case 14: .symbol(.random(using: &random))
        case 15: .int32(Int32.random(in: .min ... .max, using: &random))
        case 16: .timestamp(BSONTimestamp(seconds: UInt32.random(in: 0 ... .max, using: &random), increment: 3))
        case 17: .int64(Int64.random(in: .min ... .max, using: &random))
        case 18: .decimal128(Decimal128(high: random.next(), low: random.next()))
        case 19: .minKey
        default: .maxKey
        }
    }

    func shuffled(using random: inout SeededGenerator) -> Value {
        switch self {
        case .document(let document): return .document(document.shuffled(using: &random))
        case .array(let elements):
            var shuffled: [Value] = []
            for element in elements { shuffled.append(element.shuffled(using: &random)) }
            return .array(shuffled)
        case .javaScriptWithScope(let code, let scope):
            return .javaScriptWithScope(code, scope.shuffled(using: &random))
        default: return self
        }
    }
}

extension String {
    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "z", ".", "$", "_", "\u{1}", "\u{7F}", "\u{E9}", "\u{301}", "\u{7FF}", "\u{FFFF}", "\u{1F600}",
        "\u{10FFFF}", "\u{0}",
    ]

    /// A short text, with awkward characters; without NUL when it is to be a name.
    static func random(using random: inout SeededGenerator, nul: Bool = true) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            text.append(scalars[Int.random(in: 0..<(scalars.count - (nul ? 0 : 1)), using: &random)])
        }
        return String(text)
    }
}
