/// Types whose wrapper holds an object with two fields.
extension JSONParser {
    mutating func readTimestamp() throws(JSONFault) {
        let opening = try expectObject()
        var seconds: UInt32?
        var increment: UInt32?
        var isFirst = true
        while let (name, place) = try nextName(isFirst: isFirst) {
            isFirst = false
            if seconds == nil, name.isEqual(to: "t") {
                seconds = try readUnsigned()
            } else if increment == nil, name.isEqual(to: "i") {
                increment = try readUnsigned()
            } else {
                throw JSONFault(.wrapperExtraKey, at: place)
            }
        }
        guard let seconds, let increment else { throw JSONFault(.wrapperMissingKey, at: opening) }
        out.append(littleEndian: increment)
        out.append(littleEndian: seconds)
    }

    /// Reads a JSON number without sign, fraction and exponent that 32 bits hold.
    private mutating func readUnsigned() throws(JSONFault) -> UInt32 {
        _ = try peekToken()
        let first = cursor
        var source = cursor
        var number: UInt64 = 0
        while source < end, source - first < 11, source.pointee &- 0x30 < 10 {
            number = number * 10 + UInt64(source.pointee &- 0x30)
            source += 1
        }
        let count = source - first
        guard count > 0, count == 1 || first.pointee != 0x30, let narrow = UInt32(exactly: number) else {
            throw JSONFault(.malformedTimestamp, at: first - start)
        }
        cursor = source
        let next = try peekToken()
        guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else {
            throw JSONFault(.malformedTimestamp, at: first - start)
        }
        return narrow
    }

    mutating func readRegularExpression() throws(JSONFault) {
        let opening = try expectObject()
        let position = out.count
        var pattern: Range<Int>?
        var options: Range<Int>?
        var isFirst = true
        while let (name, place) = try nextName(isFirst: isFirst) {
            isFirst = false
            if pattern == nil, name.isEqual(to: "pattern") {
                pattern = try readCString()
            } else if options == nil, name.isEqual(to: "options") {
                options = try readCString()
            } else {
                throw JSONFault(.wrapperExtraKey, at: place)
            }
        }
        guard let pattern, let options else { throw JSONFault(.wrapperMissingKey, at: opening) }
        sortOptions(options.dropLast())
        if options.lowerBound < pattern.lowerBound {
            let moved = [UInt8](UnsafeBufferPointer(start: out.base + options.lowerBound, count: options.count))
            (out.base + position).update(from: out.base + pattern.lowerBound, count: pattern.count)
            for (index, byte) in moved.enumerated() { out.base[position + pattern.count + index] = byte }
        }
    }

    /// Puts option letters into alphabetical order, as BSON demands.
    private func sortOptions(_ range: Range<Int>) {
        guard range.count > 1 else { return }
        let letters = UnsafeMutableBufferPointer(start: out.base + range.lowerBound, count: range.count)
        let text = String(decoding: letters, as: UTF8.self)
        let sorted = String(String.UnicodeScalarView(text.unicodeScalars.sorted()))
        for (index, byte) in sorted.utf8.enumerated() { letters[index] = byte }
    }

    /// Reads a string that BSON ends with a NUL, and writes it with that NUL.
    private mutating func readCString() throws(JSONFault) -> Range<Int> {
        try expectString()
        let position = out.count
        try readString()
        if nulOffset >= 0 { throw JSONFault(.nulInRegularExpression, at: nulOffset) }
        out.append(0)
        return position..<out.count
    }

    mutating func readDBPointer() throws(JSONFault) {
        let opening = try expectObject()
        var hasNamespace = false
        var id: (UInt64, UInt32)?
        var isFirst = true
        while let (name, place) = try nextName(isFirst: isFirst) {
            isFirst = false
            if !hasNamespace, name.isEqual(to: "$ref") {
                try expectString()
                try readStringPayload()
                hasNamespace = true
            } else if id == nil, name.isEqual(to: "$id") {
                let wrapper = try expectObject()
                guard let (key, keyPlace) = try nextName(isFirst: true) else {
                    throw JSONFault(.wrapperMissingKey, at: wrapper)
                }
                guard key.isEqual(to: "$oid") else { throw JSONFault(.wrapperExtraKey, at: keyPlace) }
                id = try readHexID()
                try expectEnd()
            } else {
                throw JSONFault(.wrapperExtraKey, at: place)
            }
        }
        guard hasNamespace, let id else { throw JSONFault(.wrapperMissingKey, at: opening) }
        out.append(littleEndian: id.0.byteSwapped)
        out.append(littleEndian: id.1.byteSwapped)
    }

    /// Reads an ObjectID's 24 hexadecimal digits as two big-endian numbers.
    mutating func readHexID() throws(JSONFault) -> (UInt64, UInt32) {
        try expectString()
        let place = offset
        let text = try readScratch()
        guard text.count == 24 else { throw JSONFault(.malformedObjectID, at: place) }
        var high: UInt64 = 0
        var low: UInt32 = 0
        var seen: UInt8 = 0
        for index in 0..<16 {
            let digit = hexDigit(text[index])
            seen |= digit
            high = high << 4 | UInt64(digit)
        }
        for index in 16..<24 {
            let digit = hexDigit(text[index])
            seen |= digit
            low = low << 4 | UInt32(digit)
        }
        guard seen < 16 else { throw JSONFault(.malformedObjectID, at: place) }
        return (high, low)
    }
}
