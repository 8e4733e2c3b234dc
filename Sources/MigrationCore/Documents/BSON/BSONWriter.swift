/// Appends BSON to one growing buffer; lengths are patched when a document or string ends.
///
/// Codecs use it to build a document in a single pass. The caller keeps the structure right: every `begin` is ended by
/// the matching `end` with the offset that `begin` returned, names hold no NUL and are unique in their document, and
/// strings are valid UTF-8. A finished buffer goes to `Document(validatedBSON:)`.
package struct BSONWriter: Sendable {
    /// Everything written so far.
    package var bytes: [UInt8] = []

    package init(reservingCapacity capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    // MARK: Structure

    /// Starts a document (or the document form of an array) and returns the offset for `endDocument`.
    package mutating func beginDocument() -> Int {
        let start = bytes.count
        bytes.appendLittleEndian(Int32(0))
        return start
    }

    /// Ends the document that began at `start`: its terminator is written and its length filled in.
    package mutating func endDocument(_ start: Int) {
        bytes.append(0)
        bytes.patchLength(at: start, bytes.count - start)
    }

    /// Starts a string value and returns the offset for `endString`; its UTF-8 bytes are then appended to `bytes`.
    package mutating func beginString() -> Int {
        let start = bytes.count
        bytes.appendLittleEndian(Int32(0))
        return start
    }

    /// Ends the string that began at `start`: its NUL is written and its length filled in.
    package mutating func endString(_ start: Int) {
        bytes.append(0)
        bytes.patchLength(at: start, bytes.count - start - 4)
    }

    // MARK: Element headers

    /// Writes type tag and name of the element whose value comes next.
    package mutating func appendHeader(_ type: BSONType, _ name: String) {
        bytes.append(type.rawValue)
        bytes.appendCString(name)
    }

    /// Writes type tag and name, the name as UTF-8 bytes without their NUL.
    package mutating func appendHeader(_ type: BSONType, utf8 name: UnsafeBufferPointer<UInt8>) {
        bytes.append(type.rawValue)
        bytes.append(contentsOf: name)
        bytes.append(0)
    }

    /// Writes type tag and name of an array's element: its index in decimal digits.
    package mutating func appendHeader(_ type: BSONType, index: Int) {
        bytes.append(type.rawValue)
        bytes.appendDecimal(index)
        bytes.append(0)
    }

    // MARK: Values

    /// Writes a string value: length, UTF-8 bytes, NUL.
    package mutating func appendString(_ string: String) {
        bytes.appendLengthPrefixedString(string)
    }
}

extension [UInt8] {
    /// Appends an integer's bytes, least significant first.
    @inline(__always)
    package mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Overwrites the four bytes at `offset` with a length, least significant byte first.
    package mutating func patchLength(at offset: Int, _ length: Int) {
        let length = UInt32(length)
        self[offset] = UInt8(truncatingIfNeeded: length)
        self[offset + 1] = UInt8(truncatingIfNeeded: length >> 8)
        self[offset + 2] = UInt8(truncatingIfNeeded: length >> 16)
        self[offset + 3] = UInt8(truncatingIfNeeded: length >> 24)
    }

    /// Appends a name and its NUL. A name that holds a NUL would end early, so it is a programming error.
    package mutating func appendCString(_ string: String) {
        var string = string
        string.withUTF8 { utf8 in
            precondition(!utf8.contains(0), "A BSON name or regular expression cannot hold a NUL character.")
            append(contentsOf: utf8)
        }
        append(0)
    }

    /// Appends length, UTF-8 bytes and NUL.
    package mutating func appendLengthPrefixedString(_ string: String) {
        var string = string
        string.withUTF8 { utf8 in
            appendLittleEndian(Int32(utf8.count + 1))
            append(contentsOf: utf8)
        }
        append(0)
    }

    /// Appends a number that is not negative as decimal digits.
    package mutating func appendDecimal(_ number: Int) {
        if number < 10 {
            append(UInt8(48 + number))
        } else if number < 100 {
            append(UInt8(48 + number / 10))
            append(UInt8(48 + number % 10))
        } else {
            append(contentsOf: String(number).utf8)
        }
    }
}
