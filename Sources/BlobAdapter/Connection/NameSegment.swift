/// One segment of a blob's name, between two slashes: any text, in letters, digits and `-._~` only.
///
/// The service takes more characters, but some of them change on their way (a backslash becomes a slash, a dot at the
/// end is lost, dotted segments collapse) and others cannot stand in its XML. Every other byte is written as `~` and
/// two upper-case hexadecimal digits.
enum NameSegment {
    private static let mark = UInt8(ascii: "~")
    private static let dot = UInt8(ascii: ".")
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// The text as a segment; empty for an empty text.
    static func escaped(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        let last = text.utf8.count - 1
        for (index, byte) in text.utf8.enumerated() {
            let staysItself = byte == dot ? index != 0 && index != last : isPlain(byte)
            if staysItself {
                bytes.append(byte)
            } else {
                bytes += [mark, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text behind a segment; nil for what ``escaped(_:)`` does not write, so that one text has one segment.
    static func text(_ segment: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var iterator = segment.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == mark else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard let text = String(validating: bytes, as: UTF8.self), escaped(text).utf8.elementsEqual(segment.utf8) else {
            return nil
        }
        return text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? { digits.firstIndex(of: byte).map { UInt8($0) } }
}
