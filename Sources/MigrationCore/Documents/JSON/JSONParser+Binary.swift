/// `{"$binary": {"base64": ..., "subType": ...}}` and the older `{"$binary": ..., "$type": ...}`.
///
/// The Base64 text is read where the bytes will stand, behind room for length and subtype, and decoded in place.
extension JSONParser {
    /// Room for length and subtype before the bytes.
    private static let headerSize = 5

    /// Reads everything behind `"$binary":`, the end of the wrapper included.
    mutating func readBinary() throws(JSONFault) {
        if try peekToken() == UInt8(ascii: "\"") {
            try readLegacyBinary()
            return
        }
        let opening = try expectObject()
        var subtype: UInt8?
        var size: Int?
        var isFirst = true
        while let (name, place) = try nextName(isFirst: isFirst) {
            isFirst = false
            if size == nil, name.isEqual(to: "base64") {
                size = try readBase64()
            } else if subtype == nil, name.isEqual(to: "subType") {
                subtype = try readSubtype()
            } else {
                throw JSONFault(.wrapperExtraKey, at: place)
            }
        }
        guard let subtype, let size else { throw JSONFault(.wrapperMissingKey, at: opening) }
        try expectEnd()
        writeBinaryHeader(subtype, size: size)
        leaveFrame()
    }

    private mutating func readLegacyBinary() throws(JSONFault) {
        let size = try readBase64()
        guard try peekToken() == UInt8(ascii: ",") else { throw JSONFault(.wrapperMissingKey, at: top.offset) }
        guard let (name, place) = try nextName(isFirst: false) else { return }
        guard name.isEqual(to: "$type") else { throw JSONFault(.wrapperExtraKey, at: place) }
        let subtype = try readSubtype()
        try expectEnd()
        writeBinaryHeader(subtype, size: size)
        leaveFrame()
    }

    /// The subtype, when the object in progress holds nothing but `"$type"` with a string: the older form in the
    /// other order.
    func leadingLegacySubtype() -> UInt8? {
        let element = UnsafePointer(out.base + top.position + 4)
        guard top.count == 1, element[0] == BSONType.string.rawValue, same(element + 1, "$type"), element[6] == 0 else {
            return nil
        }
        let length = UnsafeRawPointer(element + 7).loadUnaligned(as: Int32.self).littleEndian - 1
        return Self.subtype(UnsafeBufferPointer(start: element + 11, count: Int(length)))
    }

    /// Reads a Base64 string and leaves its bytes behind the room for the header; returns how many they are.
    mutating func readBase64() throws(JSONFault) -> Int {
        try expectString()
        let place = offset
        let position = out.count
        out.count = position + Self.headerSize
        try readString()
        let text = UnsafeMutableBufferPointer(
            start: out.base + position + Self.headerSize,
            count: out.count - position - Self.headerSize
        )
        guard let size = Base64.decodeInPlace(text) else { throw JSONFault(.malformedBase64, at: place) }
        out.count = position + Self.headerSize + size
        return size
    }

    private mutating func readSubtype() throws(JSONFault) -> UInt8 {
        try expectString()
        let place = offset
        guard let subtype = Self.subtype(try readScratch()) else { throw JSONFault(.malformedSubtype, at: place) }
        return subtype
    }

    private static func subtype(_ text: UnsafeBufferPointer<UInt8>) -> UInt8? {
        guard text.count == 1 || text.count == 2 else { return nil }
        let high = text.count == 2 ? hexDigit(text[0]) : 0
        let low = hexDigit(text[text.count - 1])
        guard high < 16, low < 16 else { return nil }
        return high << 4 | low
    }

    /// Completes a binary value whose `size` bytes end the output. The old subtype 2 repeats its length inside.
    mutating func writeBinaryHeader(_ subtype: UInt8, size: Int) {
        setType(.binary)
        let position = out.count - size - Self.headerSize
        if subtype == Binary.oldSubtype {
            out.ensure((end - cursor) + 64)
            let bytes = out.base + position + Self.headerSize
            (bytes + 4).update(from: bytes, count: size)
            out.count += 4
            out.store(length: size, at: position + Self.headerSize)
            out.store(length: size + 4, at: position)
        } else {
            out.store(length: size, at: position)
        }
        out.base[position + 4] = subtype
    }
}
