extension JSONParser {
    /// Begins an object or array at the cursor.
    mutating func beginContainer(_ kind: Frame.Kind) throws(JSONFault) -> Step {
        let opening = offset
        cursor += 1
        if depth >= maximumDepth, kind != .document || !looksLikeWrapper() { throw JSONFault(.tooDeep, at: opening) }
        outer.append(top)
        top = Frame(
            kind: kind,
            position: out.count,
            typePosition: typePosition,
            offset: opening,
            firstName: names.count
        )
        depth &+= 1
        out.append(littleEndian: Int32(0))
        skipWhitespace()
        guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
        if cursor.pointee == (kind == .array ? UInt8(ascii: "]") : UInt8(ascii: "}")) {
            return .after
        }
        return .member
    }

    /// Ends the innermost document or array and returns to the one around it.
    @inline(__always)
    mutating func endContainer() {
        out.append(0)
        out.store(length: out.count &- top.position, at: top.position)
        names.close(first: top.firstName)
        leaveFrame()
    }

    @inline(__always)
    mutating func leaveFrame() {
        depth &-= 1
        top = outer.removeLast()
    }

    /// Reserves output for an element: as much as there is input left, and room for headers and terminators.
    @inline(__always)
    mutating func beginElement() throws(JSONFault) {
        if out.count > maximumBytes { throw JSONFault(.tooLarge, at: offset) }
        out.ensure((end - cursor) &+ 64)
        typePosition = out.count
        out.append(0)
    }

    /// Whether the object just opened may be a type of Extended JSON, which does not count as a level.
    private func looksLikeWrapper() -> Bool {
        var ahead = cursor
        while ahead < end, ahead.pointee == 0x20 || (0x09...0x0D).contains(ahead.pointee) { ahead += 1 }
        guard end - ahead >= 2, ahead[0] == UInt8(ascii: "\"") else { return false }
        return ahead[1] == UInt8(ascii: "$") || ahead[1] == UInt8(ascii: "\\")
    }
}
