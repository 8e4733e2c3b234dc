/// Checks foreign bytes against the BSON grammar, once and in linear time, so that all later readers may trust them.
///
/// Levels are taken from a work list instead of by recursion: a level's lengths are checked against its parent before it is
/// entered, hence no input reads outside its buffer or exhausts the stack.
struct BSONValidator: ~Copyable {
    private struct Level {
        var start: Int
        var end: Int
        var depth: Int
        var isArray: Bool
    }

    private let bytes: UnsafeRawBufferPointer
    private let maximumDepth: Int
    private var pending: [Level] = []
    private var names = BSONNameTable()
    private var isCanonical = true

    private init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// The document in `bytes`, brought into canonical form where BSON is lax.
    static func document(from bytes: [UInt8], limits: DocumentLimits) throws(DocumentError) -> Document {
        if bytes.count > limits.maximumBytes { throw tooLarge(limits) }
        let outcome: Result<Bool, DocumentError> = bytes.withUnsafeBytes { buffer in
            var validator = BSONValidator(buffer, maximumDepth: limits.maximumDepth)
            do throws(DocumentError) {
                try validator.run()
                return .success(validator.isCanonical)
            } catch {
                return .failure(error)
            }
        }
        if try outcome.get() { return Document(validatedBSON: bytes) }
        let canonical = BSONCanonicalizer.canonicalForm(of: bytes)
        if canonical.count > limits.maximumBytes { throw tooLarge(limits) }
        return Document(validatedBSON: canonical)
    }

    private static func tooLarge(_ limits: DocumentLimits) -> DocumentError {
        DocumentError(.tooLarge, "The document is larger than the limit.", at: limits.maximumBytes)
    }

    private mutating func run() throws(DocumentError) {
        guard bytes.count >= 5 else {
            throw DocumentError(.malformed, "A document has at least five bytes.", at: bytes.count)
        }
        guard Int(bytes.int32(at: 0)) == bytes.count else {
            throw DocumentError(.malformed, "The document's length is not the number of bytes.", at: 0)
        }
        // What a usual document needs, at once.
        pending.reserveCapacity(16)
        pending.append(Level(start: 0, end: bytes.count, depth: 1, isArray: false))
        while let level = pending.popLast() {
            try validate(level)
        }
    }

    /// Checks one level; its length field has been checked, embedded levels go to the work list.
    private mutating func validate(_ level: Level) throws(DocumentError) {
        guard level.depth <= maximumDepth else {
            throw DocumentError(.tooDeep, "Documents and arrays are nested too deep.", at: level.start)
        }
        let last = level.end - 1
        guard bytes[last] == 0 else {
            throw DocumentError(.malformed, "A document does not end with a zero byte.", at: last)
        }
        names.removeAll()
        var index = 0
        var offset = level.start + 4
        while offset < last {
            guard let type = BSONType(tag: bytes[offset]) else {
                let reason =
                    bytes[offset] == 0 ? "A document ends before its length says." : "A value has an unknown type."
                throw DocumentError(.malformed, reason, at: offset)
            }
            let name = offset + 1
            let nameEnd = try endOfCString(from: name, before: last)
            if level.isArray {
                if isCanonical { isCanonical = isIndex(index, name..<nameEnd) }
                index += 1
            } else if !names.insert(name..<nameEnd, of: bytes) {
                throw DocumentError(.duplicateName, "A document names a field twice.", at: name)
            }
            offset = nameEnd + 1
            offset += try validatePayload(type, at: offset, before: last, depth: level.depth)
        }
    }

    /// Checks a value and returns its size, which ends at or before `last`.
    @inline(__always)
    private mutating func validatePayload(
        _ type: BSONType,
        at offset: Int,
        before last: Int,
        depth: Int
    ) throws(DocumentError) -> Int {
        let room = last - offset
        switch type {
        case .undefined, .null, .minKey, .maxKey:
            return 0
        case .bool:
            try require(1, of: room, at: offset)
            guard bytes[offset] <= 1 else {
                throw DocumentError(.malformed, "A boolean is neither 0 nor 1.", at: offset)
            }
            return 1
        case .int32:
            try require(4, of: room, at: offset)
            return 4
        case .double, .date, .timestamp, .int64:
            try require(8, of: room, at: offset)
            return 8
        case .objectID:
            try require(12, of: room, at: offset)
            return 12
        case .decimal128:
            try require(16, of: room, at: offset)
            return 16
        case .string, .javaScript, .symbol:
            return try validateString(at: offset, room: room)
        case .document, .array:
            return try enterDocument(at: offset, room: room, depth: depth + 1, isArray: type == .array)
        case .binary:
            return try validateBinary(at: offset, room: room)
        case .dbPointer:
            let size = try validateString(at: offset, room: room)
            try require(size + 12, of: room, at: offset + size)
            return size + 12
        case .regularExpression:
            let pattern = try endOfCString(from: offset, before: last)
            let options = try endOfCString(from: pattern + 1, before: last)
            if !isSorted((pattern + 1)..<options) { isCanonical = false }
            return options + 1 - offset
        case .javaScriptWithScope:
            return try validateCodeWithScope(at: offset, room: room, depth: depth)
        }
    }

    private func require(_ size: Int, of room: Int, at offset: Int) throws(DocumentError) {
        guard size <= room else {
            throw DocumentError(.malformed, "A value does not fit into its document.", at: offset)
        }
    }

    private func validateString(at offset: Int, room: Int) throws(DocumentError) -> Int {
        try require(4, of: room, at: offset)
        let length = Int(bytes.int32(at: offset))
        guard length >= 1, length <= room - 4 else {
            throw DocumentError(.malformed, "A string's length does not fit into its document.", at: offset)
        }
        let end = offset + 3 + length
        guard bytes[end] == 0 else {
            throw DocumentError(.malformed, "A string does not end with a zero byte.", at: end)
        }
        if let invalid = bytes.firstInvalidUTF8(in: (offset + 4)..<end) {
            throw DocumentError(.invalidUTF8, "A string is not UTF-8.", at: invalid)
        }
        return 4 + length
    }

    private mutating func enterDocument(
        at offset: Int,
        room: Int,
        depth: Int,
        isArray: Bool
    ) throws(DocumentError) -> Int {
        try require(5, of: room, at: offset)
        let length = Int(bytes.int32(at: offset))
        guard length >= 5, length <= room else {
            throw DocumentError(.malformed, "An embedded document's length does not fit into its parent.", at: offset)
        }
        pending.append(Level(start: offset, end: offset + length, depth: depth, isArray: isArray))
        return length
    }

    private func validateBinary(at offset: Int, room: Int) throws(DocumentError) -> Int {
        try require(5, of: room, at: offset)
        let length = Int(bytes.int32(at: offset))
        guard length >= 0, length <= room - 5 else {
            throw DocumentError(.malformed, "A binary value's length does not fit into its document.", at: offset)
        }
        if bytes[offset + 4] == Binary.oldSubtype {
            guard length >= 4, Int(bytes.int32(at: offset + 5)) == length - 4 else {
                throw DocumentError(.malformed, "The inner length of binary subtype 2 is wrong.", at: offset + 5)
            }
        }
        return 5 + length
    }

    private mutating func validateCodeWithScope(at offset: Int, room: Int, depth: Int) throws(DocumentError) -> Int {
        try require(14, of: room, at: offset)
        let length = Int(bytes.int32(at: offset))
        guard length >= 14, length <= room else {
            throw DocumentError(.malformed, "The length of code with scope does not fit into its document.", at: offset)
        }
        let code = try validateString(at: offset + 4, room: length - 4)
        let scope = try enterDocument(at: offset + 4 + code, room: length - 4 - code, depth: depth + 1, isArray: false)
        guard 4 + code + scope == length else {
            throw DocumentError(.malformed, "The length of code with scope is not that of its parts.", at: offset)
        }
        return length
    }

    /// The offset of the NUL that ends a name, which must come before `last`.
    @inline(__always)
    private func endOfCString(from start: Int, before last: Int) throws(DocumentError) -> Int {
        var end = start
        var union: UInt64 = 0
        // Eight bytes at a time. In a word less one in each byte, the lowest high bit that was not there before marks the first zero.
        while end + 8 <= last {
            let word = UInt64(bitPattern: bytes.int64(at: end))
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            guard zeros != 0 else {
                union |= word
                end += 8
                continue
            }
            let length = zeros.trailingZeroBitCount / 8
            union |= word & ((1 &<< UInt64(length * 8)) &- 1)
            return try checked(start..<(end + length), isASCII: union & 0x8080_8080_8080_8080 == 0)
        }
        while end < last, bytes[end] != 0 {
            union |= UInt64(bytes[end])
            end += 1
        }
        guard end < last else {
            throw DocumentError(.malformed, "A name or pattern does not end before its document does.", at: start)
        }
        return try checked(start..<end, isASCII: union & 0x8080_8080_8080_8080 == 0)
    }

    @inline(__always)
    private func checked(_ name: Range<Int>, isASCII: Bool) throws(DocumentError) -> Int {
        if !isASCII, let invalid = bytes.firstInvalidUTF8(in: name) {
            throw DocumentError(.invalidUTF8, "A name or pattern is not UTF-8.", at: invalid)
        }
        return name.upperBound
    }

    private func isIndex(_ index: Int, _ name: Range<Int>) -> Bool {
        var rest = index
        for position in name.reversed() {
            guard bytes[position] == UInt8(0x30 + rest % 10) else { return false }
            rest /= 10
            if rest == 0 { return position == name.lowerBound }
        }
        return false
    }

    private func isSorted(_ range: Range<Int>) -> Bool {
        for position in range.dropFirst() where bytes[position - 1] > bytes[position] { return false }
        return true
    }
}
