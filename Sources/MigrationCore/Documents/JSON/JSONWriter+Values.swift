extension JSONWriter {
    /// Writes a value that is neither document nor array; the cursor moves behind it.
    mutating func writeScalar(_ type: BSONType) {
        switch type {
        case .string: writeString()
        case .int32: write(integer: Int64(take(Int32.self)), wrapper: "{\"$numberInt\":\"")
        case .int64: write(integer: take(Int64.self), wrapper: "{\"$numberLong\":\"")
        case .double: writeDouble()
        case .bool:
            out.append(cursor.pointee == 0 ? "false" : "true")
            cursor += 1
        case .null: out.append("null")
        case .date: writeDate()
        case .objectID: writeObjectID()
        case .binary: writeBinary()
        case .decimal128: writeDecimal()
        case .timestamp: writeTimestamp()
        case .regularExpression: writeRegularExpression()
        case .dbPointer:
            out.append("{\"$dbPointer\":{\"$ref\":")
            writeString()
            out.append(",\"$id\":")
            writeObjectID()
            out.append("}}")
        case .javaScript: writeWrapped("{\"$code\":")
        case .symbol: writeWrapped("{\"$symbol\":")
        case .undefined: out.append("{\"$undefined\":true}")
        case .minKey: out.append("{\"$minKey\":1}")
        case .maxKey: out.append("{\"$maxKey\":1}")
        case .document, .array, .javaScriptWithScope: preconditionFailure("Containers are written by the main loop.")
        }
    }

    @inline(__always)
    private mutating func write(integer number: Int64, wrapper: StaticString) {
        if mode == .relaxed {
            out.append(decimal: number)
        } else {
            out.append(wrapper)
            out.append(decimal: number)
            out.append("\"}")
        }
    }

    private mutating func writeDouble() {
        let number = Double(bitPattern: take(UInt64.self))
        if number.isFinite {
            if mode == .relaxed {
                DoubleText.append(number, to: &out)
            } else {
                out.append("{\"$numberDouble\":\"")
                DoubleText.append(number, to: &out)
                out.append("\"}")
            }
        } else if number.isNaN {
            if number.bitPattern != Double.nan.bitPattern { isDoubtful = true }
            out.append("{\"$numberDouble\":\"NaN\"}")
        } else {
            out.append(number < 0 ? "{\"$numberDouble\":\"-Infinity\"}" : "{\"$numberDouble\":\"Infinity\"}")
        }
    }

    private mutating func writeDate() {
        let time = take(Int64.self)
        if mode == .relaxed, time >= 0, time <= WallTime.rfc3339Range.upperBound {
            out.append("{\"$date\":\"")
            InstantText.append(millisecondsSinceEpoch: time, to: &out)
            out.append("\"}")
        } else {
            out.append("{\"$date\":{\"$numberLong\":\"")
            out.append(decimal: time)
            out.append("\"}}")
        }
    }

    private mutating func writeObjectID() {
        out.append("{\"$oid\":\"")
        for _ in 0..<12 { writeHexByte() }
        out.append("\"}")
    }

    @inline(__always)
    private mutating func writeHexByte() {
        out.append(hexadecimalCharacter(cursor.pointee >> 4))
        out.append(hexadecimalCharacter(cursor.pointee & 15))
        cursor += 1
    }

    private mutating func writeBinary() {
        var length = Int(take(Int32.self))
        let subtype = take(UInt8.self)
        if subtype == Binary.oldSubtype {
            cursor += 4
            length -= 4
        }
        out.append("{\"$binary\":{\"base64\":\"")
        out.ensure((end - cursor) &+ length &* 4 / 3 &+ 128)
        Base64.encode(UnsafeBufferPointer(start: cursor, count: length), into: &out)
        cursor += length
        out.append("\",\"subType\":\"")
        out.append(hexadecimalCharacter(subtype >> 4))
        out.append(hexadecimalCharacter(subtype & 15))
        out.append("\"}}")
    }

    private mutating func writeDecimal() {
        let low = take(UInt64.self)
        let number = Decimal128(high: take(UInt64.self), low: low)
        if !number.isCanonical { isDoubtful = true }
        out.append("{\"$numberDecimal\":\"")
        number.appendText(to: &out)
        out.append("\"}")
    }

    private mutating func writeTimestamp() {
        let increment = take(UInt32.self)
        let seconds = take(UInt32.self)
        out.append("{\"$timestamp\":{\"t\":")
        out.append(decimal: UInt64(seconds))
        out.append(",\"i\":")
        out.append(decimal: UInt64(increment))
        out.append("}}")
    }

    private mutating func writeRegularExpression() {
        out.append("{\"$regularExpression\":{\"pattern\":\"")
        writeEscaped(upTo: nil)
        cursor += 1
        out.append("\",\"options\":\"")
        writeEscaped(upTo: nil)
        cursor += 1
        out.append("\"}}")
    }

    private mutating func writeWrapped(_ wrapper: StaticString) {
        out.append(wrapper)
        writeString()
        out.append(UInt8(ascii: "}"))
    }
}
