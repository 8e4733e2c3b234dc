extension UnsafeRawBufferPointer {
    /// The offset of the first byte that is not part of well-formed UTF-8, or nil when all of it is.
    ///
    /// Well-formed is what table 3-7 of the Unicode standard has: no surrogates, nothing overlong, nothing above U+10FFFF.
    package func firstInvalidUTF8(in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        let end = range.upperBound
        while true {
            while offset + 32 <= end, isASCII(at: offset) { offset += 32 }
            while offset + 8 <= end, int64(at: offset) & Int64(bitPattern: 0x8080_8080_8080_8080) == 0 { offset += 8 }
            while offset < end, self[offset] < 0x80 { offset += 1 }
            // Texts that are not ASCII have runs of characters that are not.
            while offset < end, self[offset] >= 0x80 {
                let length = Self.multibyteLength(offset + 4 <= end ? word(at: offset) : word(at: offset, before: end))
                if length == 0 { return offset }
                offset += length
            }
            if offset >= end { return nil }
        }
    }

    /// Whether 32 bytes are all ASCII.
    @inline(__always)
    private func isASCII(at offset: Int) -> Bool {
        let halves = (int64(at: offset) | int64(at: offset + 8), int64(at: offset + 16) | int64(at: offset + 24))
        return (halves.0 | halves.1) & Int64(bitPattern: 0x8080_8080_8080_8080) == 0
    }

    /// Four bytes, the first one least significant.
    @inline(__always)
    private func word(at offset: Int) -> UInt32 {
        UInt32(bitPattern: int32(at: offset))
    }

    /// The same close to the end, with zeros for what is not there.
    private func word(at offset: Int, before end: Int) -> UInt32 {
        var word: UInt32 = 0
        for index in offset..<end { word |= UInt32(self[index]) &<< UInt32((index - offset) * 8) }
        return word
    }

    /// The length of the well-formed character of several bytes that a word begins with, or 0.
    @inline(__always)
    private static func multibyteLength(_ word: UInt32) -> Int {
        if word & 0x00C0_C0F0 == 0x0080_80E0 {
            // Overlong when these bits are zero; a surrogate when they are 0x200D.
            let bits = word & 0x0000_200F
            return bits != 0 && bits != 0x0000_200D ? 3 : 0
        }
        if word & 0x0000_C0E0 == 0x0000_80C0 {
            return word & 0x0000_001E != 0 ? 2 : 0
        }
        if word & 0xC0C0_C0F8 == 0x8080_80F0 {
            // Overlong when these bits are zero; beyond U+10FFFF when the first byte is F4 and the second 90 or more, or F5.
            let bits = word & 0x0000_3007
            return bits != 0 && (bits & 4 == 0 || bits == 4) ? 4 : 0
        }
        return 0
    }
}
