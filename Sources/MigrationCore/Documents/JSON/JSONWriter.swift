/// Writes BSON as Extended JSON v2 in one pass, without decoding values.
///
/// Safety: the input is a document that was validated or that this library wrote; sizes inside are trusted. It must
/// outlive the writer. Every element reserves as much output as there is input left, so plain runs of names and
/// strings are copied without further checks; whatever grows on the way (escapes, Base64) reserves anew.
struct JSONWriter: ~Copyable {
    let end: UnsafePointer<UInt8>
    let mode: JSONMode

    var cursor: UnsafePointer<UInt8>
    var out: ByteSink
    /// Whether reading the text may give other bytes than those written. See `ExtendedJSON.writeExactly`.
    var isDoubtful = false

    /// What closes the containers that are open around the innermost one.
    private var outer: [Container] = []
    private var top = Container.document

    private enum Container: UInt8 {
        case document, array
        /// The document of `$scope`, which closes its wrapper as well.
        case scope
        /// The document around a single value.
        case bare
    }

    init(_ bson: UnsafeBufferPointer<UInt8>, mode: JSONMode) {
        guard let base = bson.baseAddress else { preconditionFailure("A document has at least five bytes.") }
        cursor = base
        end = base + bson.count
        self.mode = mode
        out = ByteSink(capacity: bson.count + (mode == .canonical ? bson.count : bson.count / 4) + 128)
    }

    /// The text written so far.
    var text: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: out.base, count: out.count)
    }

    /// Writes the whole input as an object.
    mutating func writeDocument() {
        cursor += 4
        out.append(UInt8(ascii: "{"))
        run()
    }

    /// Writes the value of the input's only element.
    mutating func writeOnlyValue() {
        cursor += 4
        top = .bare
        run()
    }

    private mutating func run() {
        var isFirst = true
        while true {
            out.ensure((end - cursor) &+ 128)
            let tag = cursor.pointee
            cursor += 1
            if tag == 0 {
                switch top {
                case .document: out.append(UInt8(ascii: "}"))
                case .array: out.append(UInt8(ascii: "]"))
                case .scope: out.append("}}")
                case .bare: return
                }
                guard let last = outer.popLast() else { return }
                top = last
                isFirst = false
                continue
            }
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            switch top {
            case .array, .bare:
                while cursor.pointee != 0 { cursor += 1 }
                cursor += 1
            case .document, .scope:
                writeName()
            }
            guard let type = BSONType(rawValue: tag) else { preconditionFailure("A Document holds only valid BSON.") }
            switch type {
            case .document:
                open(.document, with: UInt8(ascii: "{"))
                isFirst = true
            case .array:
                open(.array, with: UInt8(ascii: "["))
                isFirst = true
            case .javaScriptWithScope:
                cursor += 4
                out.append("{\"$code\":")
                writeString()
                out.append(",\"$scope\":")
                open(.scope, with: UInt8(ascii: "{"))
                isFirst = true
            default:
                writeScalar(type)
            }
        }
    }

    @inline(__always)
    private mutating func open(_ container: Container, with byte: UInt8) {
        outer.append(top)
        top = container
        cursor += 4
        out.append(byte)
    }

    /// Writes a field's name with its colon; the cursor moves behind its NUL.
    @inline(__always)
    private mutating func writeName() {
        if cursor.pointee == UInt8(ascii: "$"), !outer.isEmpty { noteDollarName() }
        out.append(UInt8(ascii: "\""))
        writeEscaped(upTo: nil)
        cursor += 1
        out.append("\":")
    }

    /// An embedded field named like a type would be read as that type.
    private mutating func noteDollarName() {
        var length = 0
        while cursor[length] != 0 { length += 1 }
        if WrapperKey(cursor, length: length) != nil { isDoubtful = true }
    }

    /// Reads a fixed-width integer.
    @inline(__always)
    mutating func take<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        let number = Number(littleEndian: UnsafeRawPointer(cursor).loadUnaligned(as: Number.self))
        cursor += MemoryLayout<Number>.size
        return number
    }

    /// Writes a BSON string in quotes.
    @inline(__always)
    mutating func writeString() {
        let length = Int(take(Int32.self)) &- 1
        let last = cursor + length
        out.append(UInt8(ascii: "\""))
        writeEscaped(upTo: last)
        cursor = last + 1
        out.append(UInt8(ascii: "\""))
    }
}
