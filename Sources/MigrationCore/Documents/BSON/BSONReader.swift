/// One element inside a BSON buffer, as offsets; nothing is decoded or copied.
package struct BSONElement: Sendable {
    /// The type's tag, one that BSON has.
    private let tag: UInt8
    /// The name's UTF-8 bytes, without their NUL.
    package let name: Range<Int>
    /// The value's bytes, including the length that a string, document or binary starts with.
    package let value: Range<Int>

    @inline(__always)
    fileprivate init(tag: UInt8, name: Range<Int>, value: Range<Int>) {
        self.tag = tag
        self.name = name
        self.value = value
    }

    /// What the value is.
    @inline(__always)
    package var type: BSONType { BSONType(tag: tag)! }

    /// The whole element: type tag, name, NUL and value.
    package var range: Range<Int> { (name.lowerBound - 1)..<value.upperBound }
}

/// Walks the elements of one level of a valid BSON document.
///
/// Safety: the buffer must outlive the reader and end with a zero byte, as every `Document` does. Reading then stays inside
/// it whatever it holds: a name ends at the last byte at the latest, and an element that would go beyond it ends the program.
/// Beyond that, bytes are trusted to be a document that `BSONValidator` accepted or `BSONWriter` built.
package struct BSONReader {
    package let bytes: UnsafeRawBufferPointer
    private var offset: Int

    /// Starts at the document whose length field is at `start`.
    @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer, documentAt start: Int = 0) {
        self.bytes = bytes
        offset = start + 4
    }

    /// Starts in the middle of a document, at an element's type tag.
    @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer, nextElementAt offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Finds the element with a name, comparing UTF-8 bytes.
    package mutating func first(named name: UnsafeBufferPointer<UInt8>) -> BSONElement? {
        while let element = next() {
            if element.name.count == name.count, bytes.matches(name, at: element.name.lowerBound) { return element }
        }
        return nil
    }

    /// The next element, or nil at the document's end.
    @inline(__always)
    package mutating func next() -> BSONElement? {
        let tag = bytes[offset]
        if tag == 0 { return nil }
        let end = bytes.endOfName(from: offset + 1)
        let value = end + 1
        let next = value + bytes.bsonPayloadSize(tag, at: value)
        precondition(next >= value && next < bytes.count, "A Document holds only valid BSON.")
        let element = BSONElement(tag: tag, name: (offset + 1)..<end, value: value..<next)
        offset = next
        return element
    }
}

extension UnsafeRawBufferPointer {
    /// The 32-bit length or integer at an offset.
    @inline(__always)
    package func int32(at offset: Int) -> Int32 {
        Int32(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    /// The 64-bit integer at an offset.
    @inline(__always)
    package func int64(at offset: Int) -> Int64 {
        Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    /// Whether the bytes from an offset on begin with the given ones.
    @inline(__always)
    package func matches(_ other: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
        for index in 0..<other.count where self[offset + index] != other[index] { return false }
        return true
    }

    /// The offset of the zero byte that ends a name; the buffer ends with one.
    @inline(__always)
    fileprivate func endOfName(from start: Int) -> Int {
        var end = start
        while end + 8 <= count {
            let word = UInt64(bitPattern: int64(at: end))
            // The lowest byte of a word that is zero is where this has its lowest bit.
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zeros != 0 { return end + zeros.trailingZeroBitCount >> 3 }
            end += 8
        }
        while self[end] != 0 { end += 1 }
        return end
    }

    /// Size of a value in valid BSON.
    ///
    /// Looked up in the bits of words: every element passes here, and the jumps of a switch over types are hard to foresee.
    @inline(__always)
    fileprivate func bsonPayloadSize(_ tag: UInt8, at offset: Int) -> Int {
        let bit: UInt32 = 1 << UInt32(tag)
        let nibble = UInt64(tag & 15) * 4
        // Tags 0x01 to 0x0F: the size, or what there is beside the bytes that a length counts.
        let size = Int(truncatingIfNeeded: 0x0440_0081_C050_0480 >> nibble & 15)
        // string, document, array, binary, javaScript, symbol, javaScriptWithScope
        if bit & 0b0000_1110_0000_0011_1100 != 0 { return size + length(at: offset) }
        // double, undefined, objectID, bool, date, null
        if bit & 0b0000_0000_0111_1100_0010 != 0 { return size }
        // int32, timestamp, int64, decimal128: tags 0x10 to 0x13
        if bit & 0b1111_0000_0000_0000_0000 != 0 { return Int(truncatingIfNeeded: 0x4221 >> nibble & 15) * 4 }
        return rarePayloadSize(tag, at: offset)
    }

    @inline(never)
    private func rarePayloadSize(_ tag: UInt8, at offset: Int) -> Int {
        switch BSONType(tag: tag) {
        case .regularExpression: regularExpressionSize(at: offset)
        case .dbPointer: 4 + length(at: offset) + 12
        case .minKey, .maxKey: 0
        default: preconditionFailure("A Document holds only valid BSON.")
        }
    }

    private func regularExpressionSize(at offset: Int) -> Int {
        var end = offset
        for _ in 0..<2 {
            while end < count, self[end] != 0 { end += 1 }
            end += 1
        }
        return end - offset
    }

    @inline(__always)
    private func length(at offset: Int) -> Int {
        precondition(offset + 4 <= count, "A Document holds only valid BSON.")
        return Int(int32(at: offset))
    }

    /// The name or string in a range of valid UTF-8.
    package func string(in range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }

    /// The bytes of a range.
    package func array(in range: Range<Int>) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(rebasing: self[range]))
    }
}
