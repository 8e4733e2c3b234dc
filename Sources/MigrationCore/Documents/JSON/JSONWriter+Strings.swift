extension JSONWriter {
    /// Copies text with escapes where RFC 8259 demands them, eight bytes at a time where there are none.
    ///
    /// - Parameter last: the end of the text, or nil for a name, which ends at its NUL.
    @inline(__always)
    mutating func writeEscaped(upTo last: UnsafePointer<UInt8>?) {
        var source = cursor
        var target = out.next
        while true {
            // The document's end is the limit for reading ahead; what lies behind the text is copied but not kept.
            while end - source >= 8 {
                let word = UInt64(littleEndian: UnsafeRawPointer(source).loadUnaligned(as: UInt64.self))
                UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
                let special = Self.escapedBytes(in: word)
                if special != 0 {
                    let plain = special.trailingZeroBitCount &>> 3
                    source += plain
                    target += plain
                    break
                }
                source += 8
                target += 8
            }
            while source < end, !Self.needsEscape(source.pointee) {
                target.pointee = source.pointee
                source += 1
                target += 1
            }
            if let last {
                if source >= last {
                    // A text ends with a NUL, which stops every run; NULs inside it come before its end.
                    target -= source - last
                    source = last
                    break
                }
            } else if source.pointee == 0 {
                break
            }
            out.count = target - out.base
            out.ensure((end - source) &+ 128)
            appendEscape(source.pointee)
            source += 1
            target = out.next
        }
        out.count = target - out.base
        cursor = source
    }

    /// Marks, in the top bit of each byte, quotes, backslashes and control characters; exact for the first byte that
    /// is marked.
    @inline(__always)
    private static func escapedBytes(in word: UInt64) -> UInt64 {
        let quote = word ^ 0x2222_2222_2222_2222
        let escape = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let quotes = (quote &- 0x0101_0101_0101_0101) & ~quote
        let escapes = (escape &- 0x0101_0101_0101_0101) & ~escape
        let controls = (word &- 0x2020_2020_2020_2020) & ~word
        return (quotes | escapes | controls) & 0x8080_8080_8080_8080
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    @inline(__always)
    private mutating func appendEscape(_ byte: UInt8) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: out.append(byte)
        case 0x0A: out.append(UInt8(ascii: "n"))
        case 0x09: out.append(UInt8(ascii: "t"))
        case 0x0D: out.append(UInt8(ascii: "r"))
        case 0x08: out.append(UInt8(ascii: "b"))
        case 0x0C: out.append(UInt8(ascii: "f"))
        default:
            out.append("u00")
            out.append(hexadecimalCharacter(byte >> 4))
            out.append(hexadecimalCharacter(byte & 15))
        }
    }
}
