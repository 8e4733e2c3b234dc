extension JSONParser {
    /// Writes the header of an array's next element: type byte to come, index, NUL.
    mutating func beginArrayElement() throws(JSONFault) -> Step {
        try beginElement()
        let index = top.count
        if index < 10 {
            out.append(UInt8(truncatingIfNeeded: 0x30 &+ index))
        } else {
            out.append(decimal: UInt64(index))
        }
        out.append(0)
        top.count = index &+ 1
        return .value
    }

    /// Reads a name and its colon and writes the header of a field, or takes the object for a type of Extended JSON.
    mutating func beginField() throws(JSONFault) -> Step {
        guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
        guard cursor.pointee == UInt8(ascii: "\"") else { throw JSONFault(.expectedName, at: offset) }
        let opening = offset
        try beginElement()
        let position = out.count
        try readName()
        let length = out.count &- position
        if out.base[position] == UInt8(ascii: "$"), length > 0, top.typePosition >= 0 || top.kind == .scope,
            let key = WrapperKey(out.base + position, length: length)
        {
            return try beginWrapper(key, opening: opening)
        }
        if depth > maximumDepth { throw JSONFault(.tooDeep, at: top.offset) }
        out.append(0)
        if !names.insert(out.base, position: position, length: length, first: top.firstName) {
            throw JSONFault(.duplicateName, at: opening)
        }
        top.count &+= 1
        try skipColon()
        return .value
    }

    /// Reads a string in quotes that cannot hold NUL, at the cursor, into the output.
    mutating func readName() throws(JSONFault) {
        try readString()
        if nulOffset >= 0 { throw JSONFault(.nulInName, at: nulOffset) }
    }

    /// Reads the value at the cursor.
    mutating func readValue() throws(JSONFault) -> Step {
        guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
        let byte = cursor.pointee
        switch byte {
        case UInt8(ascii: "\""):
            setType(.string)
            try readStringPayload()
            return .after
        case UInt8(ascii: "{"):
            setType(.document)
            return try beginContainer(.document)
        case UInt8(ascii: "["):
            setType(.array)
            return try beginContainer(.array)
        case 0x30...0x39, UInt8(ascii: "-"):
            try readNumber()
            return .after
        case UInt8(ascii: "t"):
            try skipWord("true")
            setType(.bool)
            out.append(1)
            return .after
        case UInt8(ascii: "f"):
            try skipWord("false")
            setType(.bool)
            out.append(0)
            return .after
        case UInt8(ascii: "n"):
            try skipWord("null")
            setType(.null)
            return .after
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            throw JSONFault(.unknownLiteral, at: offset)
        default:
            throw JSONFault(.expectedValue, at: offset)
        }
    }

    /// Fills in the type byte of the element in progress.
    @inline(__always)
    func setType(_ type: BSONType) {
        out.base[typePosition] = type.rawValue
    }

    /// Reads a string as BSON holds it: length, bytes, NUL.
    @inline(__always)
    mutating func readStringPayload() throws(JSONFault) {
        let position = out.count
        out.count &+= 4
        try readString()
        out.append(0)
        out.store(length: out.count &- position &- 4, at: position)
    }
}
