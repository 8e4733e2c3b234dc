/// Rewrites valid BSON into canonical form: array elements are named 0, 1, 2, ... and regular expression options sorted.
///
/// Works through nested levels with a stack of its own, so the depth of the input does not matter.
struct BSONCanonicalizer {
    private struct Level {
        /// Where the level's bytes go on in the input.
        var reader: BSONReader
        /// The index of the next element, or nil in a document.
        var index: Int?
        /// Where the level's length is in the output.
        var start: Int
        /// Where the length of the code with scope around the level is in the output.
        var codeWithScope: Int?
    }

    private var writer: BSONWriter
    private var levels: [Level] = []

    static func canonicalForm(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { buffer in
            var canonicalizer = BSONCanonicalizer(writer: BSONWriter(reservingCapacity: buffer.count + 64))
            canonicalizer.run(buffer)
            return canonicalizer.writer.bytes
        }
    }

    private mutating func run(_ bytes: UnsafeRawBufferPointer) {
        enter(BSONReader(bytes))
        while var level = levels.popLast() {
            guard let element = level.reader.next() else {
                writer.endDocument(level.start)
                if let start = level.codeWithScope {
                    writer.bytes.patchLength(at: start, writer.bytes.count - start)
                }
                continue
            }
            writer.bytes.append(element.type.rawValue)
            if let index = level.index {
                writer.bytes.appendDecimal(index)
                level.index = index + 1
            } else {
                writer.bytes.append(contentsOf: bytes[element.name])
            }
            writer.bytes.append(0)
            levels.append(level)
            copyPayload(of: element, from: bytes)
        }
    }

    private mutating func enter(_ reader: BSONReader, isArray: Bool = false, codeWithScope: Int? = nil) {
        let start = writer.beginDocument()
        levels.append(Level(reader: reader, index: isArray ? 0 : nil, start: start, codeWithScope: codeWithScope))
    }

    private mutating func copyPayload(of element: BSONElement, from bytes: UnsafeRawBufferPointer) {
        let start = element.value.lowerBound
        switch element.type {
        case .document:
            enter(BSONReader(bytes, documentAt: start))
        case .array:
            enter(BSONReader(bytes, documentAt: start), isArray: true)
        case .javaScriptWithScope:
            let scope = start + 8 + Int(bytes.int32(at: start + 4))
            let outer = writer.bytes.count
            writer.bytes.append(contentsOf: bytes[start..<scope])
            enter(BSONReader(bytes, documentAt: scope), codeWithScope: outer)
        case .regularExpression:
            writer.appendPayload(bytes.value(of: element))
        default:
            writer.bytes.append(contentsOf: bytes[element.value])
        }
    }
}
