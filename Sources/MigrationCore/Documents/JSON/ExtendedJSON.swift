/// MongoDB Extended JSON v2, read and written as bytes in one pass.
///
/// Applications use `Document(json:)` and `document.json()`; adapters use these functions, which write into a buffer
/// that they keep.
package enum ExtendedJSON {
    /// Reads one document, canonical, relaxed or mixed.
    ///
    /// The outermost object is always a document: `$`-names in it are ordinary. Beside the types of version 2 the
    /// older `$binary` with `$type` is read, since it can mean nothing else; `$regex` with `$options` stays a
    /// document, since it is a query as well.
    ///
    /// - Throws: `malformed`, `invalidUTF8`, `invalidValue`, `duplicateName`, `invalidName`, `tooDeep` or `tooLarge`,
    ///   each with the offset of the first byte that cannot be accepted.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        limits: DocumentLimits = .default
    ) throws(DocumentError) -> Document {
        do throws(JSONFault) {
            var parser = try JSONParser(bytes, limits: limits)
            try parser.parseDocument()
            return Document(validatedBSON: parser.out.bytes())
        } catch {
            throw DocumentError(error)
        }
    }

    /// Reads one document from an array.
    package static func parse(
        _ bytes: [UInt8],
        limits: DocumentLimits = .default
    ) throws(DocumentError) -> Document {
        try bytes.withUnsafeBufferPointer { bytes throws(DocumentError) in try parse(bytes, limits: limits) }
    }

    /// Reads one value of any type; an object on the outside may be a type of Extended JSON.
    ///
    /// - Throws: as `parse` does.
    package static func parseValue(
        _ bytes: UnsafeBufferPointer<UInt8>,
        limits: DocumentLimits = .default
    ) throws(DocumentError) -> Value {
        do throws(JSONFault) {
            var parser = try JSONParser(bytes, limits: limits)
            try parser.parseValue()
            let holder = Document(validatedBSON: parser.out.bytes())
            return holder[""] ?? .null
        } catch {
            throw DocumentError(error)
        }
    }

    /// Reads one value from an array.
    package static func parseValue(
        _ bytes: [UInt8],
        limits: DocumentLimits = .default
    ) throws(DocumentError) -> Value {
        try bytes.withUnsafeBufferPointer { bytes throws(DocumentError) in try parseValue(bytes, limits: limits) }
    }

    /// Appends a document as JSON without white space.
    package static func write(_ document: Document, mode: JSONMode, into bytes: inout [UInt8]) {
        withText(of: document, mode: mode) { bytes.append(contentsOf: $0) }
    }

    /// Appends a value as JSON without white space.
    package static func writeValue(_ value: Value, mode: JSONMode, into bytes: inout [UInt8]) {
        var holder = BSONWriter(reservingCapacity: 64)
        let start = holder.beginDocument()
        holder.append("", value)
        holder.endDocument(start)
        holder.bytes.withUnsafeBufferPointer { bson in
            var writer = JSONWriter(bson, mode: mode)
            writer.writeOnlyValue()
            bytes.append(contentsOf: writer.text)
        }
    }

    /// Lends the JSON text of a document.
    static func withText<Result>(
        of document: Document,
        mode: JSONMode,
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        try document.bson.withUnsafeBufferPointer { bson in
            var writer = JSONWriter(bson, mode: mode)
            writer.writeDocument()
            return try body(writer.text)
        }
    }
}

extension ExtendedJSON {
    /// Appends a document as canonical JSON if reading it gives the same bytes again, and otherwise says why it would
    /// not.
    ///
    /// Extended JSON has no way to write a few documents: an embedded document with a field named like a type
    /// (`$date` beside other fields), a NaN with a payload. A store that keeps text uses this function, so that
    /// nothing changes silently.
    ///
    /// - Throws: `invalidValue`; nothing has been appended then.
    package static func writeExactly(_ document: Document, into bytes: inout [UInt8]) throws(DocumentError) {
        let written: Bool = document.bson.withUnsafeBufferPointer { bson in
            var writer = JSONWriter(bson, mode: .canonical)
            writer.writeDocument()
            guard !writer.isDoubtful else { return false }
            bytes.append(contentsOf: writer.text)
            return true
        }
        if !written {
            throw DocumentError(
                .invalidValue,
                "JSON cannot hold this document exactly: a field is named like an Extended JSON type, or a NaN has a payload."
            )
        }
    }
}

extension DocumentError {
    init(_ fault: JSONFault) {
        self.init(fault.reason.code, fault.reason.message, at: fault.offset)
    }
}

extension JSONFault.Reason {
    var code: DocumentError.Code {
        switch self {
        case .emptyInput, .expectedDocument, .expectedValue, .expectedName, .expectedColon, .expectedCommaOrEnd,
            .unexpectedEnd, .trailingBytes,
            .unknownLiteral, .malformedNumber, .controlCharacter, .unknownEscape, .malformedHexEscape:
            .malformed
        case .loneSurrogate, .malformedUTF8: .invalidUTF8
        case .nulInName: .invalidName
        case .duplicateName: .duplicateName
        case .tooDeep: .tooDeep
        case .tooLarge: .tooLarge
        case .numberOutOfRange, .wrapperKeyMisplaced, .wrapperExtraKey, .wrapperMissingKey, .wrapperNeedsString,
            .wrapperNeedsObject,
            .malformedObjectID, .malformedInteger, .malformedDouble, .malformedDecimal, .malformedBase64,
            .malformedSubtype, .malformedUUID,
            .malformedDate, .malformedTimestamp, .malformedKeyMarker, .malformedUndefined, .nulInRegularExpression,
            .scopeNotDocument:
            .invalidValue
        }
    }
}
