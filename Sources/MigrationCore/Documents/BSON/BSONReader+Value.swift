extension UnsafeRawBufferPointer {
    /// Decodes an element of valid BSON into a `Value`. Embedded documents stay bytes; arrays become values.
    package func value(of element: BSONElement) -> Value {
        let start = element.value.lowerBound
        switch element.type {
        case .double: return .double(Double(bitPattern: UInt64(bitPattern: int64(at: start))))
        case .string: return .string(lengthPrefixedString(at: start))
        case .document: return .document(Document(validatedBSON: array(in: element.value)))
        case .array: return .array(elements(ofArrayAt: start))
        case .binary: return .binary(binary(at: start))
        case .undefined: return .undefined
        case .objectID: return .objectID(objectID(at: start))
        case .bool: return .bool(self[start] != 0)
        case .date: return .date(WallTime(millisecondsSinceEpoch: int64(at: start)))
        case .null: return .null
        case .regularExpression: return .regularExpression(regularExpression(in: element.value))
        case .dbPointer:
            return .dbPointer(
                DBPointer(
                    namespace: lengthPrefixedString(at: start),
                    id: objectID(at: element.value.upperBound - 12)
                )
            )
        case .javaScript: return .javaScript(lengthPrefixedString(at: start))
        case .symbol: return .symbol(lengthPrefixedString(at: start))
        case .javaScriptWithScope:
            let scope = start + 8 + Int(int32(at: start + 4))
            return .javaScriptWithScope(
                lengthPrefixedString(at: start + 4),
                Document(validatedBSON: array(in: scope..<element.value.upperBound))
            )
        case .int32: return .int32(int32(at: start))
        case .timestamp:
            let raw = UInt64(bitPattern: int64(at: start))
            return .timestamp(
                BSONTimestamp(seconds: UInt32(raw >> 32), increment: UInt32(truncatingIfNeeded: raw))
            )
        case .int64: return .int64(int64(at: start))
        case .decimal128:
            return .decimal128(
                Decimal128(
                    high: UInt64(bitPattern: int64(at: start + 8)),
                    low: UInt64(bitPattern: int64(at: start))
                )
            )
        case .minKey: return .minKey
        case .maxKey: return .maxKey
        }
    }

    private func lengthPrefixedString(at offset: Int) -> String {
        string(in: (offset + 4)..<(offset + 3 + Int(int32(at: offset))))
    }

    private func elements(ofArrayAt offset: Int) -> [Value] {
        var values: [Value] = []
        var reader = BSONReader(self, documentAt: offset)
        while let element = reader.next() {
            values.append(value(of: element))
        }
        return values
    }

    private func binary(at offset: Int) -> Binary {
        let subtype = self[offset + 4]
        let end = offset + 5 + Int(int32(at: offset))
        let start = offset + 5 + (subtype == Binary.oldSubtype ? 4 : 0)
        return Binary(subtype: subtype, bytes: array(in: start..<end))
    }

    private func objectID(at offset: Int) -> ObjectID {
        ObjectID(
            high: UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            low: UInt32(bigEndian: loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
        )
    }

    private func regularExpression(in range: Range<Int>) -> RegularExpression {
        let end = self[range].firstIndex(of: 0) ?? range.upperBound
        return RegularExpression(
            pattern: string(in: range.lowerBound..<end),
            options: string(in: (end + 1)..<(range.upperBound - 1))
        )
    }
}
