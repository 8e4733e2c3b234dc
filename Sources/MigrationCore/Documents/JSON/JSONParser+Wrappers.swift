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
            guard top.kind == .document, key == .binary, let subtype = leadingLegacySubtype() else {
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
