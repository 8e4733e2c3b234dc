extension UnsafeRawBufferPointer {
    /// The offset of the first byte that is not part of well-formed UTF-8, or nil when all of it is.
    ///
    /// Well-formed is what table 3-7 of the Unicode standard has: no surrogates, nothing overlong, nothing above U+10FFFF.
    package func firstInvalidUTF8(in range: Range<Int>) -> Int? {
        var offset = range.lowerBound
        let end = range.upperBound
        while offset < end {
            while offset + 8 <= end, int64(at: offset) & Int64(bitPattern: 0x8080_8080_8080_8080) == 0 { offset += 8 }
            guard offset < end else { return nil }
            let first = self[offset]
            if first < 0x80 {
                offset += 1
                continue
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch first {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return offset
            }
            guard offset + length <= end, second.contains(self[offset + 1]) else { return offset }
            for trailing in 2..<Swift.max(length, 2) where self[offset + trailing] & 0xC0 != 0x80 { return offset }
            offset += length
        }
        return nil
    }
}
