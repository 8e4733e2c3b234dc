extension XMLReader {
    /// The longest name and the most attributes that are read.
    private static let maximumNameBytes = 256
    private static let maximumAttributes = 64

    func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    func fault(_ reason: XMLError.Reason) -> XMLError { XMLError(reason, at: position) }

    func at(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        // Safety: a static string is a pointer here, its count is its own, and it lives for ever.
        return (0..<count).allSatisfy { unsafe bytes[position + $0] == text.utf8Start[$0] }
    }

    mutating func skip(_ text: StaticString) -> Bool {
        guard at(text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    mutating func skipPast(_ text: StaticString) throws(XMLError) {
        while position < bytes.count {
            if skip(text) { return }
            position += 1
        }
        throw fault(.unexpectedEnd)
    }

    mutating func skipSpace() {
        while let next = byte(at: position), Self.isSpace(next) { position += 1 }
    }

    /// Passes over white space and comments.
    mutating func skipMiscellany() throws(XMLError) {
        skipSpace()
        while skip("<!--") {
            try skipPast("-->")
            skipSpace()
        }
    }

    /// Reads `<name attribute="value">` or `<name/>`.
    mutating func openTag() throws(XMLError) -> String {
        guard open.count < Self.maximumDepth else { throw fault(.tooDeep) }
        position += 1
        let name = try self.name()
        attributes = [:]
        while true {
            let start = position
            skipSpace()
            if skip(">") { break }
            if skip("/>") {
                isEmptyElement = true
                break
            }
            guard position > start, attributes.count < Self.maximumAttributes else { throw fault(.malformed) }
            let attribute = try self.name()
            skipSpace()
            guard skip("=") else { throw fault(.malformed) }
            skipSpace()
            guard attributes.updateValue(try quoted(), forKey: attribute) == nil else { throw fault(.malformed) }
        }
        open.append(name)
        return name
    }

    mutating func closeTag() throws(XMLError) {
        let start = position
        position += 2
        guard try name() == open.last else { throw XMLError(.mismatchedTag, at: start) }
        skipSpace()
        guard skip(">") else { throw fault(.malformed) }
        close()
    }

    private mutating func name() throws(XMLError) -> String {
        let start = position
        while let next = byte(at: position), Self.isName(next) { position += 1 }
        guard position > start, position - start <= Self.maximumNameBytes else { throw fault(.malformed) }
        return try string(bytes[start..<position])
    }

    private mutating func quoted() throws(XMLError) -> String {
        guard let quote = byte(at: position), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw fault(.malformed)
        }
        position += 1
        var value: [UInt8] = []
        while let next = byte(at: position) {
            switch next {
            case quote:
                position += 1
                return try string(value)
            case UInt8(ascii: "&"): try appendReference(to: &value)
            case UInt8(ascii: "<"): throw fault(.malformed)
            default:
                value.append(next)
                position += 1
            }
        }
        throw fault(.unexpectedEnd)
    }

    /// Reads `&amp;`, `&#10;` or `&#xA;`.
    mutating func appendReference(to text: inout [UInt8]) throws(XMLError) {
        let start = position
        // The longest reference is that of the last character, &#x10FFFF; with leading zeros refused.
        guard let end = bytes[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw fault(.unknownEntity)
        }
        let body = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        let scalar: Unicode.Scalar?
        switch body {
        case "amp": scalar = "&"
        case "lt": scalar = "<"
        case "gt": scalar = ">"
        case "quot": scalar = "\""
        case "apos": scalar = "'"
        default:
            if body.hasPrefix("#x") {
                scalar = UInt32(body.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            } else if body.hasPrefix("#") {
                scalar = UInt32(body.dropFirst(1)).flatMap(Unicode.Scalar.init)
            } else {
                scalar = nil
            }
        }
        guard let scalar, scalar.value != 0 else { throw fault(.unknownEntity) }
        text += Array(String(Character(scalar)).utf8)
        position = end + 1
    }

    func string(_ bytes: some Collection<UInt8>) throws(XMLError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault(.invalidUTF8) }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Letters, digits, `-`, `_`, `.`, `:` and everything beyond ASCII.
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), 0x80...:
            true
        default: false
        }
    }
}
