/// Percent-encoding, on bytes.
package enum Percent {
    /// Decodes `%XX`; a percent sign without two digits stays as it is.
    package static func decode(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(0x25) else { return String(text) }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count, let high = hex(bytes[index + 1]),
                let low = hex(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Encodes every byte but letters, digits, `-`, `_`, `.`, `~` and those of `keeping`.
    package static func encode(_ text: some StringProtocol, keeping: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_.~".unicodeScalars.contains(scalar) || (byte < 0x80 && keeping.unicodeScalars.contains(scalar))
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    /// The decoded parameters of a query. A plus sign stays one, as both storage and Cosmos take it.
    package static func pairs(_ query: some StringProtocol) -> [Field] {
        query.split(separator: "&").map { pair in
            guard let mark = pair.firstIndex(of: "=") else { return Field(decode(pair), "") }
            return Field(decode(pair[..<mark]), decode(pair[pair.index(after: mark)...]))
        }
    }

    /// The value of one hexadecimal digit.
    package static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
