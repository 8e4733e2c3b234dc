/// Types whose wrapper holds one string or number. They are read into the free part of the output and replaced by
/// their BSON form.
extension JSONParser {
    mutating func readObjectID() throws(JSONFault) {
        let id = try readHexID()
        out.append(littleEndian: id.0.byteSwapped)
        out.append(littleEndian: id.1.byteSwapped)
    }

    mutating func readInteger(in range: ClosedRange<Int64>) throws(JSONFault) -> Int64 {
        try expectString()
        let place = offset
        guard let number = Int64(decimal: try readScratch()), range.contains(number) else {
            throw JSONFault(.malformedInteger, at: place)
        }
        return number
    }

    mutating func readDoubleText() throws(JSONFault) -> Double {
        try expectString()
        let place = offset
        let text = try readScratch()
        if text.isEqual(to: "NaN") { return .nan }
        if text.isEqual(to: "Infinity") { return .infinity }
        if text.isEqual(to: "-Infinity") { return -.infinity }
        guard let number = DecimalText.double(text), number.isFinite else {
            throw JSONFault(.malformedDouble, at: place)
        }
        return number
    }

    mutating func readDecimal() throws(JSONFault) {
        try expectString()
        let place = offset
        guard let number = Decimal128(utf8: try readScratch()) else { throw JSONFault(.malformedDecimal, at: place) }
        out.append(littleEndian: number.low)
        out.append(littleEndian: number.high)
    }

    mutating func readUUID() throws(JSONFault) {
        try expectString()
        let place = offset
        let text = try readScratch()
        guard text.count == 36 else { throw JSONFault(.malformedUUID, at: place) }
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { throw JSONFault(.malformedUUID, at: place) }
                continue
            }
            let digit = hexDigit(byte)
            guard digit < 16 else { throw JSONFault(.malformedUUID, at: place) }
            if digits < 16 {
                halves.0 = halves.0 << 4 | UInt64(digit)
            } else {
                halves.1 = halves.1 << 4 | UInt64(digit)
            }
            digits += 1
        }
        out.append(littleEndian: Int32(16))
        out.append(Binary.uuidSubtype)
        out.append(littleEndian: halves.0.byteSwapped)
        out.append(littleEndian: halves.1.byteSwapped)
    }

    mutating func readDate() throws(JSONFault) {
        let token = try peekToken()
        let place = offset
        let time: Int64
        if token == UInt8(ascii: "\"") {
            guard let parsed = WallTime(rfc3339: try readScratch()) else { throw JSONFault(.malformedDate, at: place) }
            time = parsed.millisecondsSinceEpoch
        } else if token == UInt8(ascii: "{") {
            cursor += 1
            guard let (name, _) = try nextName(isFirst: true), name.isEqual(to: "$numberLong") else {
                throw JSONFault(.malformedDate, at: place)
            }
            time = try readInteger(in: .min ... .max)
            try expectEnd()
        } else {
            throw JSONFault(.malformedDate, at: place)
        }
        out.append(littleEndian: time)
    }

    mutating func readKeyMarker() throws(JSONFault) {
        guard try peekToken() == UInt8(ascii: "1") else { throw JSONFault(.malformedKeyMarker, at: offset) }
        let place = offset
        cursor += 1
        let next = try peekToken()
        guard next == UInt8(ascii: "}") || next == UInt8(ascii: ",") else {
            throw JSONFault(.malformedKeyMarker, at: place)
        }
    }
}

extension Int64 {
    /// The integer that an optional sign and decimal digits stand for; nil for anything else and beyond 64 bits.
    init?(decimal text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        let negative = text.count > 1 && text[0] == UInt8(ascii: "-")
        if negative || (text.count > 1 && text[0] == UInt8(ascii: "+")) { index = 1 }
        guard index < text.count else { return nil }
        var magnitude: UInt64 = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            magnitude = sum
            index += 1
        }
        guard magnitude <= UInt64(Int64.max) + (negative ? 1 : 0) else { return nil }
        self.init(truncatingIfNeeded: negative ? 0 &- magnitude : magnitude)
    }
}
