extension PartitionKey: CustomStringConvertible {
    /// The key as compact JSON, injective: `[]`, `["a"]`, `[null]`, `[{}]` for an absent component, `[1.5,true]`.
    ///
    /// This is also the form that Cosmos DB uses on the wire.
    public var text: String {
        var bytes: [UInt8] = [UInt8(ascii: "[")]
        for (index, component) in components.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            component.append(to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number of components; their values may identify people.
    public var description: String { "partition key of \(components.count)" }

    /// Reads what `text` writes, and nothing else, so that one key has one text.
    ///
    /// - Throws: `invalidKey` when the text is not the text of a partition key.
    public init(text: String) throws(DocumentError) {
        var text = text
        guard let components = text.withUTF8({ PartitionKeyScanner.components(of: $0) }) else {
            throw DocumentError(.invalidKey, "The text is not a partition key: a compact JSON array of scalars or {}.")
        }
        try self.init(components: components)
        guard self.text.hasSameUTF8(as: text) else {
            throw DocumentError(.invalidKey, "The text of a partition key is not in its one canonical form.")
        }
    }
}

extension PartitionKey.Component {
    fileprivate func append(to bytes: inout [UInt8]) {
        switch self {
        case .absent: bytes.append(contentsOf: "{}".utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: Self.text(of: number).utf8)
        case .string(let text): Self.append(quoted: text, to: &bytes)
        }
    }

    /// The shortest text that reads back as the same number; whole numbers below 2^53 have no fraction.
    private static func text(of number: Double) -> String {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
        return number.description
    }

    private static func append(quoted text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexadecimalCharacter(byte >> 4))
                bytes.append(hexadecimalCharacter(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Reads the array form. It may accept texts that `text` would not write: the caller compares.
private struct PartitionKeyScanner {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0

    static func components(of text: UnsafeBufferPointer<UInt8>) -> [PartitionKey.Component]? {
        var scanner = PartitionKeyScanner(text: text)
        guard scanner.skip("[") else { return nil }
        var components: [PartitionKey.Component] = []
        if !scanner.skip("]") {
            repeat {
                guard let component = scanner.component() else { return nil }
                components.append(component)
            } while scanner.skip(",")
            guard scanner.skip("]") else { return nil }
        }
        return scanner.position == text.count ? components : nil
    }

    mutating func skip(_ expected: StaticString) -> Bool {
        guard text.count - position >= expected.utf8CodeUnitCount else { return false }
        let matches = expected.withUTF8Buffer { $0.elementsEqual(text[position..<(position + $0.count)]) }
        if matches { position += expected.utf8CodeUnitCount }
        return matches
    }

    mutating func component() -> PartitionKey.Component? {
        if skip("{}") { return .absent }
        if skip("null") { return .null }
        if skip("true") { return .bool(true) }
        if skip("false") { return .bool(false) }
        if skip("\"") { return string() }
        let start = position
        while position < text.count, text[position] != UInt8(ascii: ","), text[position] != UInt8(ascii: "]") {
            position += 1
        }
        return Double(String(decoding: text[start..<position], as: UTF8.self)).map { .number($0) }
    }

    private mutating func string() -> PartitionKey.Component? {
        var bytes: [UInt8] = []
        while position < text.count {
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return .string(String(decoding: bytes, as: UTF8.self)) }
            if byte != UInt8(ascii: "\\") {
                bytes.append(byte)
                continue
            }
            guard let escaped = escapedCharacter() else { return nil }
            bytes.append(escaped)
        }
        return nil
    }

    private mutating func escapedCharacter() -> UInt8? {
        guard position < text.count else { return nil }
        defer { position += 1 }
        switch text[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return text[position]
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"):
            guard text.count - position > 4, let high = hexadecimalDigit(text[position + 3]),
                let low = hexadecimalDigit(text[position + 4])
            else { return nil }
            position += 4
            return high << 4 | low
        default: return nil
        }
    }
}
