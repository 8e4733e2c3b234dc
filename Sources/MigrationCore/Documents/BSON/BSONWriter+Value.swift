extension BSONWriter {
    /// Writes an element with its name: type tag, name and value.
    package mutating func append(_ name: String, _ value: Value) {
        appendHeader(value.bsonType, name)
        appendPayload(value)
    }

    /// Writes an array's element.
    package mutating func append(index: Int, _ value: Value) {
        appendHeader(value.bsonType, index: index)
        appendPayload(value)
    }

    /// Writes a value without type tag and name.
    package mutating func appendPayload(_ value: Value) {
        switch value {
        case .double(let number): bytes.appendLittleEndian(number.bitPattern)
        case .string(let text), .javaScript(let text), .symbol(let text): appendString(text)
        case .document(let document): bytes.append(contentsOf: document.bson)
        case .array(let elements): appendArray(elements)
        case .binary(let binary): appendBinary(binary)
        case .undefined, .null, .minKey, .maxKey: break
        case .objectID(let id): id.append(to: &bytes)
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .date(let time): bytes.appendLittleEndian(time.millisecondsSinceEpoch)
        case .regularExpression(let expression):
            bytes.appendCString(expression.pattern)
            bytes.appendCString(expression.options)
        case .dbPointer(let pointer):
            appendString(pointer.namespace)
            pointer.id.append(to: &bytes)
        case .javaScriptWithScope(let code, let scope):
            let start = bytes.count
            bytes.appendLittleEndian(Int32(0))
            appendString(code)
            bytes.append(contentsOf: scope.bson)
            bytes.patchLength(at: start, bytes.count - start)
        case .int32(let number): bytes.appendLittleEndian(number)
        case .timestamp(let timestamp):
            bytes.appendLittleEndian(timestamp.increment)
            bytes.appendLittleEndian(timestamp.seconds)
        case .int64(let number): bytes.appendLittleEndian(number)
        case .decimal128(let number):
            bytes.appendLittleEndian(number.low)
            bytes.appendLittleEndian(number.high)
        }
    }

    /// Writes a binary value; the old subtype 2 repeats its length inside.
    package mutating func appendBinary(_ binary: Binary) {
        let nested = binary.subtype == Binary.oldSubtype
        bytes.appendLittleEndian(Int32(binary.bytes.count + (nested ? 4 : 0)))
        bytes.append(binary.subtype)
        if nested { bytes.appendLittleEndian(Int32(binary.bytes.count)) }
        bytes.append(contentsOf: binary.bytes)
    }

    private mutating func appendArray(_ elements: [Value]) {
        let start = beginDocument()
        for (index, element) in elements.enumerated() {
            append(index: index, element)
        }
        endDocument(start)
    }
}
