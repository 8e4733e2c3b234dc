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
