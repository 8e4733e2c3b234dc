extension StoredEvent {
    /// The bytes that the log's chain hashes: algorithm version 1.
    ///
    /// One BSON document with these fields in this order; the optional ones are left out when they are `nil`:
    ///
    /// | field | type |
    /// |---|---|
    /// | `stream` | string |
    /// | `version` | int64 |
    /// | `id` | binary, subtype 4: the 16 bytes of the UUID |
    /// | `type` | string |
    /// | `schemaVersion` | int32 |
    /// | `occurredAt` | date: whole milliseconds since 1970 |
    /// | `recordedAt` | date: whole milliseconds since 1970 |
    /// | `correlationId` | string, optional |
    /// | `causationId` | string, optional |
    /// | `actor` | string, optional |
    /// | `metadata` | document, its bytes as they are |
    /// | `payload` | document, its bytes as they are |
    ///
    /// The position is not part of it: the chain itself says where an event stands. Three vectors are in `LogDigestTests`.
    public var canonicalBSON: [UInt8] {
        let texts = stream.text.utf8.count + type.utf8.count
        var writer = BSONWriter(reservingCapacity: 256 + texts + metadata.byteCount + payload.byteCount)
        let start = writer.beginDocument()
        writer.appendHeader(.string, "stream")
        writer.appendString(stream.text)
        writer.appendHeader(.int64, "version")
        writer.bytes.appendLittleEndian(version)
        writer.appendHeader(.binary, "id")
        writer.bytes.appendLittleEndian(Int32(16))
        writer.bytes.append(4)
        writer.bytes.appendLittleEndian(id.high.byteSwapped)
        writer.bytes.appendLittleEndian(id.low.byteSwapped)
        writer.appendHeader(.string, "type")
        writer.appendString(type)
        writer.appendHeader(.int32, "schemaVersion")
        writer.bytes.appendLittleEndian(schemaVersion)
        writer.appendHeader(.date, "occurredAt")
        writer.bytes.appendLittleEndian(occurredAt.millisecondsSinceEpoch)
        writer.appendHeader(.date, "recordedAt")
        writer.bytes.appendLittleEndian(recordedAt.millisecondsSinceEpoch)
        writer.appendOptional("correlationId", correlationID)
        writer.appendOptional("causationId", causationID)
        if !Mutant.digestOmitsActor.isOn { writer.appendOptional("actor", actor) }
        writer.appendHeader(.document, "metadata")
        writer.bytes.append(contentsOf: metadata.bson)
        writer.appendHeader(.document, "payload")
        writer.bytes.append(contentsOf: payload.bson)
        writer.endDocument(start)
        return writer.bytes
    }
}

extension BSONWriter {
    fileprivate mutating func appendOptional(_ name: String, _ text: String?) {
        guard let text else { return }
        appendHeader(.string, name)
        appendString(text)
    }
}
