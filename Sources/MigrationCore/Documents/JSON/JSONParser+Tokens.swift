extension JSONParser {
    /// Moves the cursor to the next byte that is not white space.
    @inline(__always)
    mutating func skipWhitespace() {
        if cursor < end, cursor.pointee > 0x20 { return }
        skipWhitespaceRun()
    }

    private mutating func skipWhitespaceRun() {
        var source = cursor
        while source < end {
            let byte = source.pointee
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            source += 1
        }
        cursor = source
    }

    /// Skips a colon with white space around it.
    @inline(__always)
    mutating func skipColon() throws(JSONFault) {
        skipWhitespace()
        guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
        guard cursor.pointee == UInt8(ascii: ":") else { throw JSONFault(.expectedColon, at: offset) }
        cursor += 1
        skipWhitespace()
    }

    /// Skips one of the three words of JSON; the fault is at its first letter.
    @inline(__always)
    mutating func skipWord(_ word: StaticString) throws(JSONFault) {
        guard end - cursor >= word.utf8CodeUnitCount, same(cursor, word) else {
            throw JSONFault(.unknownLiteral, at: offset)
        }
        cursor += word.utf8CodeUnitCount
    }

    /// The next byte after white space.
    @inline(__always)
    mutating func peekToken() throws(JSONFault) -> UInt8 {
        skipWhitespace()
        guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
        return cursor.pointee
    }
}
