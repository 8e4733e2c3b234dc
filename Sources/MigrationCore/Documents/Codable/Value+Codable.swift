/// Values and documents for other coders, such as `JSONEncoder`: Extended JSON with as few wrappers as give the same types
/// back. `DocumentEncoder` and `DocumentDecoder` take values as they are.
extension Value: Codable {
    /// Writes the value; to other encoders than `DocumentEncoder` as Extended JSON.
    ///
    /// - Throws: `EncodingError` when Extended JSON cannot hold the value exactly, such as a document with a field named
    ///   `$date`, which would be read back as a date.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? ValueEncoder { return encoder.node.set(.value(self)) }
        try Document(uniqueFields: [("value", self)]).requireExactJSON(codingPath: encoder.codingPath)
        try PlainValue(value: self).encode(to: encoder)
    }

    /// Reads a value; from other decoders than `DocumentDecoder` as Extended JSON.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.value
            return
        }
        let holder = Document(uniqueFields: [("value", try PlainValue(from: decoder).value)])
        self = try holder.resolvingWrappers(codingPath: decoder.codingPath)["value"] ?? .null
    }
}

extension Document: Codable {
    /// Writes the document; to other encoders than `DocumentEncoder` as Extended JSON.
    ///
    /// - Throws: `EncodingError` when Extended JSON cannot hold the document exactly, because an embedded document has a
    ///   field named like a type, such as `$date`, or a NaN has a payload.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? ValueEncoder { return encoder.node.set(.value(.document(self))) }
        try requireExactJSON(codingPath: encoder.codingPath)
        try PlainValue(value: .document(self)).encode(to: encoder)
    }

    /// Reads a document; from other decoders than `DocumentDecoder` as Extended JSON.
    ///
    /// Fields come in the order in which the decoder lists them; `JSONDecoder` does not keep the order of its input.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = try decoder.decode(Document.self)
            return
        }
        let container = try decoder.container(keyedBy: ValueKey.self)
        self = try Document(plain: container).resolvingWrappers(codingPath: decoder.codingPath)
    }

    fileprivate init(plain container: KeyedDecodingContainer<ValueKey>) throws {
        self.init()
        for key in container.allKeys where !contains(key.stringValue) {
            let isNull = try container.decodeNil(forKey: key)
            append(key.stringValue, isNull ? .null : try container.decode(PlainValue.self, forKey: key).value)
        }
    }

    fileprivate func requireExactJSON(codingPath: [any CodingKey]) throws {
        var json: [UInt8] = []
        do {
            try ExtendedJSON.writeExactly(self, into: &json)
        } catch {
            throw EncodingError.invalidValue(
                self,
                EncodingError.Context(codingPath: codingPath, debugDescription: error.message, underlyingError: error)
            )
        }
    }

    /// Reads embedded documents such as `{"$oid": ...}` as the types that they stand for.
    fileprivate func resolvingWrappers(codingPath: [any CodingKey]) throws -> Document {
        do {
            return try Document(json: jsonBytes(.relaxed))
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: codingPath, debugDescription: error.message, underlyingError: error)
            )
        }
    }
}

/// A value in the form that other coders see, in which wrappers are ordinary containers.
private struct PlainValue: Codable {
    let value: Value

    init(value: Value) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let flag): try encode(flag, to: encoder)
        case .string(let text): try encode(text, to: encoder)
        case .int32(let number): try encode(number, to: encoder)
        case .int64(let number) where Int32(exactly: number) == nil: try encode(number, to: encoder)
        // A double without fraction would come back as an integer, so it needs its wrapper.
        case .double(let number) where number.isFinite && Int64(exactly: number) == nil: try encode(number, to: encoder)
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(PlainValue(value: element)) }
        case .document(let document): try encode(document, to: encoder)
        case .date(let time):
            var container = encoder.container(keyedBy: ValueKey.self)
            try container.encode(["$numberLong": String(time.millisecondsSinceEpoch)], forKey: ValueKey("$date"))
        default:
            // Of an outermost document, a wrapper's own names are ordinary fields.
            var json: [UInt8] = []
            ExtendedJSON.writeValue(value, mode: .canonical, into: &json)
            try encode(Document(json: json), to: encoder)
        }
    }

    private func encode(_ scalar: some Encodable, to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(scalar)
    }

    private func encode(_ document: Document, to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ValueKey.self)
        for (name, value) in document { try container.encode(PlainValue(value: value), forKey: ValueKey(name)) }
    }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: ValueKey.self) {
            value = .document(try Document(plain: container))
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [Value] = []
            while !container.isAtEnd {
                let isNull = try container.decodeNil()
                elements.append(isNull ? .null : try container.decode(PlainValue.self).value)
            }
            value = .array(elements)
        } else {
            value = try Self.scalar(try decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> Value {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return .bool(flag) }
        if let number = try? container.decode(Int64.self) { return Value(number) }
        if let number = try? container.decode(Double.self) { return .double(number) }
        return .string(try container.decode(String.self))
    }
}
