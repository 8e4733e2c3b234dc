/// The types that Extended JSON writes as objects. Keys may come in any order; a missing, wrong or additional key is
/// an error.
extension JSONParser {
    /// Turns the object in progress into the type that its name `key` belongs to.
    ///
    /// - Parameters:
    ///   - key: the name that has just been read, at the end of the output.
    ///   - opening: offset of the name in the input.
    mutating func beginWrapper(_ key: WrapperKey, opening: Int) throws(JSONFault) -> Step {
        if top.count > 0 {
            guard key == .binary, let subtype = try leadingLegacySubtype() else {
                throw JSONFault(.wrapperKeyMisplaced, at: opening)
            }
            try takeBack()
            let size = try readBase64()
            try endWrapper()
            writeBinaryHeader(subtype, size: size)
            return .after
        }
        if top.kind == .scope { throw JSONFault(.scopeNotDocument, at: top.offset) }
        try takeBack()
        switch key {
        case .objectID:
            setType(.objectID)
            try readObjectID()
        case .symbol:
            setType(.symbol)
            try expectString()
            try readStringPayload()
        case .int32:
            setType(.int32)
            let number = try readInteger(in: Int64(Int32.min)...Int64(Int32.max))
            out.append(littleEndian: Int32(truncatingIfNeeded: number))
        case .int64:
            setType(.int64)
            out.append(littleEndian: try readInteger(in: .min ... .max))
        case .double:
            setType(.double)
            out.append(littleEndian: try readDoubleText().bitPattern)
        case .decimal128:
            setType(.decimal128)
            try readDecimal()
        case .binary:
            try readBinary()
            return .after
        case .uuid:
            setType(.binary)
            try readUUID()
        case .code:
            return try readCode()
        case .scope:
            return try beginLeadingScope()
        case .timestamp:
            setType(.timestamp)
            try readTimestamp()
        case .regularExpression:
            setType(.regularExpression)
            try readRegularExpression()
        case .dbPointer:
            setType(.dbPointer)
            try readDBPointer()
        case .date:
            setType(.date)
            try readDate()
        case .minKey, .maxKey:
            setType(key == .minKey ? .minKey : .maxKey)
            try readKeyMarker()
        case .undefined:
            setType(.undefined)
            guard try peekToken() == UInt8(ascii: "t") else { throw JSONFault(.malformedUndefined, at: offset) }
            try skipWord("true")
        }
        try endWrapper()
        return .after
    }

    /// Takes back what was written for the object and its first name; the element that holds the object gets its type
    /// and value instead.
    private mutating func takeBack() throws(JSONFault) {
        names.close(first: top.firstName)
        out.count = top.position
        typePosition = top.typePosition
        try skipColon()
    }

    /// Reads the brace that ends a wrapper.
    private mutating func endWrapper() throws(JSONFault) {
        try expectEnd()
        leaveFrame()
    }

    /// Reads the brace that ends an object without further fields.
    mutating func expectEnd() throws(JSONFault) {
        let byte = try peekToken()
        if byte == UInt8(ascii: ",") {
            cursor += 1
            skipWhitespace()
            throw JSONFault(.wrapperExtraKey, at: offset)
        }
        guard byte == UInt8(ascii: "}") else { throw JSONFault(.expectedCommaOrEnd, at: offset) }
        cursor += 1
    }

    /// The cursor must be at a string.
    mutating func expectString() throws(JSONFault) {
        guard try peekToken() == UInt8(ascii: "\"") else { throw JSONFault(.wrapperNeedsString, at: offset) }
    }

    /// Reads a string into the free part of the output; it is gone with the next write.
    mutating func readScratch() throws(JSONFault) -> UnsafeBufferPointer<UInt8> {
        try expectString()
        let position = out.count
        try readString()
        let text = UnsafeBufferPointer(start: UnsafePointer(out.base + position), count: out.count - position)
        out.count = position
        return text
    }

    /// Moves to the next name of a wrapper's inner object and reads it with its colon; nil at the closing brace.
    ///
    /// - Parameter isFirst: whether no name has been read yet.
    mutating func nextName(isFirst: Bool) throws(JSONFault) -> (name: UnsafeBufferPointer<UInt8>, offset: Int)? {
        var byte = try peekToken()
        if byte == UInt8(ascii: "}") {
            cursor += 1
            return nil
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw JSONFault(.expectedCommaOrEnd, at: offset) }
            cursor += 1
            byte = try peekToken()
        }
        guard byte == UInt8(ascii: "\"") else { throw JSONFault(.expectedName, at: offset) }
        let place = offset
        let name = try readScratch()
        try skipColon()
        return (name, place)
    }

    /// Enters a wrapper's inner object and returns its offset.
    mutating func expectObject() throws(JSONFault) -> Int {
        guard try peekToken() == UInt8(ascii: "{") else { throw JSONFault(.wrapperNeedsObject, at: offset) }
        cursor += 1
        return offset - 1
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether the bytes are those of `text`.
    @inline(__always)
    func isEqual(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let baseAddress else { return false }
        return same(baseAddress, text)
    }
}

// MARK: Scalars in strings

extension JSONParser {
    private mutating func readObjectID() throws(JSONFault) {
        let id = try readHexID()
        out.append(littleEndian: id.0.byteSwapped)
        out.append(littleEndian: id.1.byteSwapped)
    }

    private mutating func readInteger(in range: ClosedRange<Int64>) throws(JSONFault) -> Int64 {
        try expectString()
        let place = offset
        guard let number = Int64(decimal: try readScratch()), range.contains(number) else {
            throw JSONFault(.malformedInteger, at: place)
        }
        return number
    }

    private mutating func readDoubleText() throws(JSONFault) -> Double {
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

    private mutating func readDecimal() throws(JSONFault) {
        try expectString()
        let place = offset
        guard let number = Decimal128(utf8: try readScratch()) else { throw JSONFault(.malformedDecimal, at: place) }
        out.append(littleEndian: number.low)
        out.append(littleEndian: number.high)
    }

    private mutating func readUUID() throws(JSONFault) {
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

    private mutating func readDate() throws(JSONFault) {
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

    private mutating func readKeyMarker() throws(JSONFault) {
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
