internal import CutoverAzureTransport
internal import MigrationCore

/// One record of a tenant's log in an append blob: a BSON document between lengths and a checksum.
///
/// ```
/// "CLG1"  length of the body (4)  CRC-64 of the body (8)  body  length of the body (4)  "1GLC"
/// ```
///
/// Numbers are little-endian. A frame is appended as one block, and the service commits a block whole or not at all; so a
/// log ends with a whole frame.
enum LogFrame {
    static let opening = Array("CLG1".utf8)
    static let closing = Array("1GLC".utf8)
    /// The bytes around a body.
    static let overhead = 24
    private static let headBytes = 16
    private static let tailBytes = 8
    /// The largest frame: an appended block of the protocol's version has up to 4 MiB.
    static let maximumBytes = 4 << 20

    /// Events lie deeper in a body than in a document of their own.
    private static let limits: DocumentLimits = {
        var limits = DocumentLimits.default
        limits.maximumDepth += 8
        return limits
    }()

    /// Why bytes are no frame. Both mean that something else than this library wrote, or that bytes were damaged.
    enum Damage: Error, Sendable, Hashable {
        /// Marks, lengths or the body's form are wrong at this offset of what was read.
        case malformed(at: Int)
        /// The checksum is not that of the body at this offset.
        case checksum(at: Int)
    }

    static func bytes(_ body: Document) -> [UInt8] {
        let content = body.bson
        var bytes = opening
        bytes.reserveCapacity(content.count + overhead)
        append(content.count, to: &bytes)
        bytes += checksum(content[...])
        bytes += content
        append(content.count, to: &bytes)
        bytes += closing
        return bytes
    }

    /// Reads the frame that begins at an offset; nil when its end is not among the bytes.
    static func frame(_ bytes: ArraySlice<UInt8>, at start: Int) throws(Damage) -> (body: Document, end: Int)? {
        guard bytes.endIndex - start >= headBytes else {
            let present = bytes[start..<min(start + opening.count, bytes.endIndex)]
            guard opening.starts(with: present) else { throw .malformed(at: start) }
            return nil
        }
        guard bytes[start..<(start + 4)].elementsEqual(opening) else { throw .malformed(at: start) }
        let count = number(bytes, at: start + 4)
        guard count >= 5, count + overhead <= maximumBytes else { throw .malformed(at: start) }
        let end = start + count + overhead
        guard end <= bytes.endIndex else { return nil }
        let content = bytes[(start + headBytes)..<(end - tailBytes)]
        guard number(bytes, at: end - tailBytes) == count, bytes[(end - 4)..<end].elementsEqual(closing) else {
            throw .malformed(at: start)
        }
        guard bytes[(start + 8)..<(start + headBytes)].elementsEqual(checksum(content)) else {
            throw .checksum(at: start)
        }
        guard let body = try? Document(bson: Array(content), limits: limits) else { throw .malformed(at: start) }
        return (body, end)
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>, at index: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[index + $1]) << (8 * $1) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var crc = CRC64()
        crc.update(Array(bytes))
        return (0..<8).map { UInt8(truncatingIfNeeded: crc.value >> (8 * UInt64($0))) }
    }
}
