/// Reads Extended JSON v2 in one pass and writes BSON as it goes.
///
/// The parser is a loop with an explicit stack, so depth costs no call stack. An object inside another value is begun
/// as a document; when its first name turns out to belong to an Extended JSON type, the few bytes written for it are
/// taken back and the type is written instead. All reading and writing goes through raw pointers; nothing is
/// allocated per name or value.
///
/// Safety: `input` must outlive the parser; `cursor` stays within `start...end`. Every element reserves as much
/// output as there is input left, which is what strings rely on: their bytes never grow. See `beginElement()`.
struct JSONParser: ~Copyable {
    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    let maximumBytes: Int
    let maximumDepth: Int

    var cursor: UnsafePointer<UInt8>
    var out: ByteSink
    var names = NameLedger()

    /// The innermost container that is open, and those around it.
    var top: Frame
    var outer: [Frame] = []
    /// Documents and arrays that are open, the outermost included.
    var depth = 0

    /// Where the type byte of the element in progress stands.
    var typePosition = -1
    /// Where a string that has just been read held `\u0000`, or -1.
    var nulOffset = -1

    /// One open container.
    struct Frame {
        enum Kind: UInt8 {
            case document, array
            /// The document of `$scope`.
            case scope
            /// `{"$code": ..., "$scope": ...}` while its scope is read.
            case codeThenScope
            /// `{"$scope": ..., "$code": ...}` while its scope is read.
            case scopeThenCode
            /// Holds the one value that `parseValue` reads.
            case bare
        }

        var kind: Kind
        /// Where its BSON begins in the output.
        var position: Int
        /// Where the type byte of the element that holds it stands; -1 for the outermost document, which is never a
        /// wrapper.
        var typePosition: Int
        /// Offset of its first byte in the input.
        var offset: Int
        /// Index of its first name in the ledger.
        var firstName: Int
        /// Elements begun so far.
        var count = 0
    }

    enum Step {
        case member, value, after
    }

    init(_ input: UnsafeBufferPointer<UInt8>, limits: DocumentLimits) throws(JSONFault) {
        guard let base = input.baseAddress, !input.isEmpty else { throw JSONFault(.emptyInput, at: 0) }
        start = base
        cursor = base
        end = base + input.count
        maximumBytes = min(limits.maximumBytes, Int(Int32.max))
        maximumDepth = limits.maximumDepth
        out = ByteSink(capacity: input.count + input.count / 8 + 128)
        top = Frame(kind: .bare, position: 0, typePosition: -1, offset: 0, firstName: 0)
    }

    /// Reads a whole document.
    mutating func parseDocument() throws(JSONFault) {
        skipWhitespace()
        guard cursor < end else { throw JSONFault(.emptyInput, at: offset) }
        guard cursor.pointee == UInt8(ascii: "{") else { throw JSONFault(.expectedDocument, at: offset) }
        typePosition = -1
        let step = try beginContainer(.document)
        try run(from: step)
        try finish()
    }

    /// Reads a whole value; the output is a document whose only element has an empty name.
    mutating func parseValue() throws(JSONFault) {
        skipWhitespace()
        out.append(littleEndian: Int32(0))
        typePosition = out.count
        out.append(0)
        out.append(0)
        try run(from: .value)
        out.append(0)
        out.store(length: out.count, at: 0)
        try finish()
    }

    private mutating func finish() throws(JSONFault) {
        skipWhitespace()
        if cursor != end { throw JSONFault(.trailingBytes, at: offset) }
        if out.count > maximumBytes { throw JSONFault(.tooLarge, at: offset) }
    }

    /// The offset of the next byte.
    @inline(__always)
    var offset: Int { cursor - start }

    private mutating func run(from first: Step) throws(JSONFault) {
        var step = first
        while true {
            switch step {
            case .member:
                step = top.kind == .array ? try beginArrayElement() : try beginField()
            case .value:
                step = try readValue()
            case .after:
                if top.kind == .bare { return }
                if top.kind == .codeThenScope || top.kind == .scopeThenCode {
                    try finishScopedCode()
                    continue
                }
                skipWhitespace()
                guard cursor < end else { throw JSONFault(.unexpectedEnd, at: offset) }
                let byte = cursor.pointee
                if byte == UInt8(ascii: ",") {
                    cursor += 1
                    skipWhitespace()
                    step = .member
                } else if byte == (top.kind == .array ? UInt8(ascii: "]") : UInt8(ascii: "}")) {
                    cursor += 1
                    endContainer()
                } else {
                    throw JSONFault(.expectedCommaOrEnd, at: offset)
                }
            }
        }
    }
}

// MARK: Containers

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

// MARK: Elements

extension JSONParser {
    /// Writes the header of an array's next element: type byte to come, index, NUL.
    private mutating func beginArrayElement() throws(JSONFault) -> Step {
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
    private mutating func beginField() throws(JSONFault) -> Step {
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
    private mutating func readValue() throws(JSONFault) -> Step {
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
