extension JSONParser {
    /// Reads the string in quotes at the cursor and appends its UTF-8 bytes to the output.
    ///
    /// Eight bytes at a time are copied and looked at; a quote, an escape, a control character or a byte beyond ASCII
    /// ends the stride.
    mutating func readString() throws(JSONFault) {
        nulOffset = -1
        let opening = cursor
        var source = cursor + 1
        var target = out.next
        while true {
            var special: UInt64 = 0
            while end - source >= 8 {
                let word = UInt64(littleEndian: UnsafeRawPointer(source).loadUnaligned(as: UInt64.self))
                UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
                special = Self.specialBytes(in: word)
                if special != 0 {
                    let plain = special.trailingZeroBitCount &>> 3
                    source += plain
                    target += plain
                    break
                }
                source += 8
                target += 8
            }
            if special == 0 {
                while source < end, !Self.isSpecial(source.pointee) {
                    target.pointee = source.pointee
                    source += 1
                    target += 1
                }
                guard source < end else { throw JSONFault(.unexpectedEnd, at: end - start) }
            }
            let byte = source.pointee
            if byte == UInt8(ascii: "\"") {
                cursor = source + 1
                out.count = target - out.base
                return
            }
            if byte == UInt8(ascii: "\\") {
                try readEscape(&source, &target)
            } else if byte >= 0x80 {
                try readNonASCII(&source, &target)
            } else {
                throw JSONFault(.controlCharacter, at: source - start)
            }
            // The opening quote is consumed input as well, so the output never gets ahead of what was reserved.
            assert(target - out.next < source - opening)
        }
    }

    /// Marks, in the top bit of each byte, what ends a plain run; exact for the first byte that is marked.
    @inline(__always)
    static func specialBytes(in word: UInt64) -> UInt64 {
        let quote = word ^ 0x2222_2222_2222_2222
        let escape = word ^ 0x5C5C_5C5C_5C5C_5C5C
        let quotes = (quote &- 0x0101_0101_0101_0101) & ~quote
        let escapes = (escape &- 0x0101_0101_0101_0101) & ~escape
        let controls = word &- 0x2020_2020_2020_2020
        return (quotes | escapes | controls | word) & 0x8080_8080_8080_8080
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 || byte >= 0x80
    }
}

// MARK: Escapes

extension JSONParser {
    @inline(__always)
    private mutating func readEscape(
        _ source: inout UnsafePointer<UInt8>,
        _ target: inout UnsafeMutablePointer<UInt8>
    ) throws(JSONFault) {
        guard end - source >= 2 else { throw JSONFault(.unexpectedEnd, at: end - start) }
        let character: UInt8
        switch source[1] {
        case UInt8(ascii: "\""): character = 0x22
        case UInt8(ascii: "\\"): character = 0x5C
        case UInt8(ascii: "/"): character = 0x2F
        case UInt8(ascii: "n"): character = 0x0A
        case UInt8(ascii: "t"): character = 0x09
        case UInt8(ascii: "r"): character = 0x0D
        case UInt8(ascii: "b"): character = 0x08
        case UInt8(ascii: "f"): character = 0x0C
        case UInt8(ascii: "u"):
            try readUnicodeEscape(&source, &target)
            return
        default: throw JSONFault(.unknownEscape, at: source - start)
        }
        target.pointee = character
        target += 1
        source += 2
    }

    private mutating func readUnicodeEscape(
        _ source: inout UnsafePointer<UInt8>,
        _ target: inout UnsafeMutablePointer<UInt8>
    ) throws(JSONFault) {
        let first = try codeUnit(at: source)
        if first < 0x80 {
            if first == 0, nulOffset < 0 { nulOffset = source - start }
            target.pointee = UInt8(first)
            target += 1
            source += 6
        } else if first < 0x800 {
            target[0] = UInt8(0xC0 | first >> 6)
            target[1] = UInt8(0x80 | first & 0x3F)
            target += 2
            source += 6
        } else if first < 0xD800 || first > 0xDFFF {
            target[0] = UInt8(0xE0 | first >> 12)
            target[1] = UInt8(0x80 | first >> 6 & 0x3F)
            target[2] = UInt8(0x80 | first & 0x3F)
            target += 3
            source += 6
        } else {
            guard first < 0xDC00, end - source >= 8, source[6] == UInt8(ascii: "\\"), source[7] == UInt8(ascii: "u")
            else {
                throw JSONFault(.loneSurrogate, at: source - start)
            }
            let second = try codeUnit(at: source + 6)
            guard second >= 0xDC00, second <= 0xDFFF else { throw JSONFault(.loneSurrogate, at: source - start) }
            let scalar = 0x10000 + ((first & 0x3FF) << 10 | second & 0x3FF)
            target[0] = UInt8(0xF0 | scalar >> 18)
            target[1] = UInt8(0x80 | scalar >> 12 & 0x3F)
            target[2] = UInt8(0x80 | scalar >> 6 & 0x3F)
            target[3] = UInt8(0x80 | scalar & 0x3F)
            target += 4
            source += 12
        }
    }

    /// The UTF-16 code unit of the escape at `escape`, which begins with a backslash and a `u`.
    @inline(__always)
    private func codeUnit(at escape: UnsafePointer<UInt8>) throws(JSONFault) -> UInt32 {
        guard end - escape >= 6 else { throw JSONFault(.malformedHexEscape, at: escape - start) }
        let a = UInt32(hexDigit(escape[2]))
        let b = UInt32(hexDigit(escape[3]))
        let c = UInt32(hexDigit(escape[4]))
        let d = UInt32(hexDigit(escape[5]))
        guard (a | b | c | d) < 16 else { throw JSONFault(.malformedHexEscape, at: escape - start) }
        return a << 12 | b << 8 | c << 4 | d
    }
}

// MARK: Beyond ASCII

extension JSONParser {
    /// Checks and copies characters of two to four bytes until an ASCII byte comes.
    ///
    /// The bounds are those of table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing beyond
    /// U+10FFFF.
    @inline(__always)
    private func readNonASCII(
        _ source: inout UnsafePointer<UInt8>,
        _ target: inout UnsafeMutablePointer<UInt8>
    ) throws(JSONFault) {
        while end - source >= 4 {
            let word = UInt32(littleEndian: UnsafeRawPointer(source).loadUnaligned(as: UInt32.self))
            if word & 0xC0E0 == 0x80C0, word & 0x1E != 0 {
                UnsafeMutableRawPointer(target).storeBytes(
                    of: UInt16(truncatingIfNeeded: word).littleEndian,
                    as: UInt16.self
                )
                source += 2
                target += 2
            } else if word & 0xC0_C0F0 == 0x80_80E0, word & 0x200F != 0, word & 0x200F != 0x200D {
                UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt32.self)
                source += 3
                target += 3
            } else if word & 0xC0C0_C0F8 == 0x8080_80F0, Self.isInRange(word) {
                UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt32.self)
                source += 4
                target += 4
            } else {
                if word & 0x80 == 0 { return }
                throw JSONFault(.malformedUTF8, at: source - start)
            }
        }
        try readLastNonASCII(&source, &target)
    }

    /// Whether four bytes of the right shape stand for U+10000 to U+10FFFF.
    @inline(__always)
    private static func isInRange(_ word: UInt32) -> Bool {
        let scalar = (word & 0x07) << 18 | (word >> 8 & 0x3F) << 12
        return scalar >= 0x10000 && scalar <= 0x10FFFF
    }

    /// The same with fewer than four bytes of input left, where only characters of two and three bytes fit.
    private func readLastNonASCII(
        _ source: inout UnsafePointer<UInt8>,
        _ target: inout UnsafeMutablePointer<UInt8>
    ) throws(JSONFault) {
        while source < end, source.pointee >= 0x80 {
            let left = end - source
            let lead = source[0]
            let length: Int
            if lead >= 0xC2, lead < 0xE0, left >= 2, source[1] & 0xC0 == 0x80 {
                length = 2
            } else if lead & 0xF0 == 0xE0, left >= 3, source[1] & 0xC0 == 0x80, source[2] & 0xC0 == 0x80,
                lead != 0xE0 || source[1] >= 0xA0, lead != 0xED || source[1] < 0xA0
            {
                length = 3
            } else {
                throw JSONFault(.malformedUTF8, at: source - start)
            }
            target.update(from: source, count: length)
            source += length
            target += length
        }
    }
}

/// The value of a hexadecimal digit in either case, or 255, so that several digits are checked at once.
@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8 {
    let digit = byte &- 0x30
    if digit < 10 { return digit }
    let letter = (byte | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : 255
}
