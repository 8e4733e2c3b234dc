extension JSONParser {
    /// Reads the JSON number at the cursor and writes it as the smallest type that holds it: int32, int64, or double
    /// when it has a fraction, an exponent or more than 64 bits.
    mutating func readNumber() throws(JSONFault) {
        let first = cursor
        var source = cursor
        let negative = source.pointee == UInt8(ascii: "-")
        if negative { source += 1 }
        let digits = source
        var magnitude: UInt64 = 0
        while source < end {
            let digit = source.pointee &- 0x30
            if digit > 9 { break }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            source += 1
        }
        let count = source - digits
        if count == 0 || (count > 1 && digits.pointee == 0x30) { throw malformedNumber(at: first) }
        if source < end, source.pointee == UInt8(ascii: ".") || source.pointee | 0x20 == UInt8(ascii: "e") {
            try readDouble(from: first, digits: digits)
            return
        }
        cursor = source
        // Nineteen digits fit 64 bits without a sign; the sum above has not overflowed.
        if count <= 19, magnitude <= UInt64(Int64.max) &+ (negative ? 1 : 0) {
            let number = Int64(truncatingIfNeeded: negative ? 0 &- magnitude : magnitude)
            if let narrow = Int32(exactly: number) {
                setType(.int32)
                out.append(littleEndian: narrow)
            } else {
                setType(.int64)
                out.append(littleEndian: number)
            }
            return
        }
        try writeDouble(UnsafeBufferPointer(start: first, count: source - first))
    }

    /// Reads on where a fraction or exponent begins; checks the grammar first.
    private mutating func readDouble(
        from first: UnsafePointer<UInt8>,
        digits: UnsafePointer<UInt8>
    ) throws(JSONFault) {
        var source = digits
        source = skipDigits(source)
        if source < end, source.pointee == UInt8(ascii: ".") {
            let fraction = source + 1
            source = skipDigits(fraction)
            if source == fraction { throw malformedNumber(at: first) }
        }
        if source < end, source.pointee | 0x20 == UInt8(ascii: "e") {
            source += 1
            if source < end, source.pointee == UInt8(ascii: "+") || source.pointee == UInt8(ascii: "-") { source += 1 }
            let exponent = source
            source = skipDigits(exponent)
            if source == exponent { throw malformedNumber(at: first) }
        }
        cursor = source
        try writeDouble(UnsafeBufferPointer(start: first, count: source - first))
    }

    private mutating func writeDouble(_ text: UnsafeBufferPointer<UInt8>) throws(JSONFault) {
        guard let number = DecimalText.double(text), number.isFinite else {
            throw JSONFault(.numberOutOfRange, at: text.baseAddress.map { $0 - start } ?? 0)
        }
        setType(.double)
        out.append(littleEndian: number.bitPattern)
    }

    @inline(__always)
    private func skipDigits(_ first: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
        var source = first
        while source < end, source.pointee &- 0x30 < 10 { source += 1 }
        return source
    }

    private func malformedNumber(at place: UnsafePointer<UInt8>) -> JSONFault {
        JSONFault(.malformedNumber, at: place - start)
    }
}
