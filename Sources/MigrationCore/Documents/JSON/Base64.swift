/// Base64 with padding as RFC 4648 has it, on raw bytes.
package enum Base64 {
    /// Replaces Base64 text by the bytes that it stands for, from the front on; nil when it is malformed.
    ///
    /// Padding is required, and bits that no byte uses must be zero, so that one sequence of bytes has one text.
    static func decodeInPlace(_ text: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        guard text.count % 4 == 0 else { return nil }
        guard let base = text.baseAddress, text.count > 0 else { return 0 }
        var padding = 0
        if base[text.count - 1] == UInt8(ascii: "=") { padding = base[text.count - 2] == UInt8(ascii: "=") ? 2 : 1 }
        let whole = padding > 0 ? text.count - 4 : text.count
        var source = 0
        var target = 0
        while source < whole {
            let group = group(base + source)
            if group > 0xFF_FFFF { return nil }
            base[target] = UInt8(truncatingIfNeeded: group >> 16)
            base[target + 1] = UInt8(truncatingIfNeeded: group >> 8)
            base[target + 2] = UInt8(truncatingIfNeeded: group)
            source += 4
            target += 3
        }
        if padding == 0 { return target }
        let a = digit(base[source])
        let b = digit(base[source + 1])
        let c = padding == 2 ? 0 : digit(base[source + 2])
        if a | b | c > 63 { return nil }
        let group = a << 18 | b << 12 | c << 6
        if group & (padding == 2 ? 0xFFFF : 0xFF) != 0 { return nil }
        base[target] = UInt8(truncatingIfNeeded: group >> 16)
        target += 1
        if padding == 1 {
            base[target] = UInt8(truncatingIfNeeded: group >> 8)
            target += 1
        }
        return target
    }

    /// Appends bytes as Base64; the caller has reserved four bytes of output for each three of input, and four more.
    static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into sink: inout ByteSink) {
        guard let source = bytes.baseAddress else { return }
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let letters = alphabet.utf8Start
        var target = sink.next
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(source[index]) << 16 | UInt32(source[index + 1]) << 8 | UInt32(source[index + 2])
            target[0] = letters[Int(group >> 18)]
            target[1] = letters[Int(group >> 12 & 63)]
            target[2] = letters[Int(group >> 6 & 63)]
            target[3] = letters[Int(group & 63)]
            target += 4
            index += 3
        }
        if index < bytes.count {
            let second = index + 1 < bytes.count ? UInt32(source[index + 1]) : 0
            let group = UInt32(source[index]) << 16 | second << 8
            target[0] = letters[Int(group >> 18)]
            target[1] = letters[Int(group >> 12 & 63)]
            target[2] = index + 1 < bytes.count ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "=")
            target[3] = UInt8(ascii: "=")
            target += 4
        }
        sink.count = target - sink.base
    }

    /// Four digits as 24 bits, or more than 24 bits when one is none.
    @inline(__always)
    private static func group(_ text: UnsafeMutablePointer<UInt8>) -> UInt32 {
        let a = digit(text[0])
        let b = digit(text[1])
        let c = digit(text[2])
        let d = digit(text[3])
        if a | b | c | d > 63 { return .max }
        return a << 18 | b << 12 | c << 6 | d
    }

    /// The value of a digit, or 255.
    @inline(__always)
    private static func digit(_ byte: UInt8) -> UInt32 {
        let letter = (byte | 0x20) &- 0x61
        if letter < 26 { return UInt32(letter) + (byte & 0x20 == 0 ? 0 : 26) }
        let number = byte &- 0x30
        if number < 10 { return UInt32(number) + 52 }
        if byte == UInt8(ascii: "+") { return 62 }
        return byte == UInt8(ascii: "/") ? 63 : 255
    }
}
