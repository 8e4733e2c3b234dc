/// A text as PartitionKey or RowKey: what the service refuses there is written as `~` and two upper-case hexadecimal
/// digits for each byte.
///
/// Keys that other programs wrote stand for themselves, because a `~` that no two such digits follow is left alone.
enum KeyText {
    /// The service's limit of 1 KiB, in UTF-16 units.
    static let maximumUnits = 512
    static let mark = UInt8(ascii: "~")
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func escaped(_ text: some StringProtocol) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            let byte = source[index]
            // U+0080 to U+009F are controls, too; in UTF-8 they are C2 and this byte.
            let isControlPair = byte == 0xC2 && index + 1 < source.count && source[index + 1] < 0xA0
            if isControlPair {
                append(escaped: byte, to: &bytes)
                append(escaped: source[index + 1], to: &bytes)
                index += 2
                continue
            }
            let looksEscaped =
                byte == mark && index + 2 < source.count && digits.contains(source[index + 1])
                && digits.contains(source[index + 2])
            if looksEscaped || isForbidden(byte) { append(escaped: byte, to: &bytes) } else { bytes.append(byte) }
            index += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text behind a key; nil for bytes that are no text. Whether the key is the text's own is another question.
    static func text(_ key: some StringProtocol) -> String? {
        let source = Array(key.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == mark, index + 2 < source.count, let high = digits.firstIndex(of: source[index + 1]),
                let low = digits.firstIndex(of: source[index + 2])
            {
                bytes.append(UInt8(high << 4 | low))
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || "/\\#?".utf8.contains(byte)
    }

    static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        bytes += [mark, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
