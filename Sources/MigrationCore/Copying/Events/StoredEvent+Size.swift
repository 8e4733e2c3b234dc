extension StoredEvent {
    /// The size of ``canonicalBSON``, computed without making it.
    package var canonicalByteCount: Int {
        func text(_ name: Int, _ value: String) -> Int { 1 + name + 1 + 4 + value.utf8.count + 1 }
        var size = 4 + 1
        size += text(6, stream.text)  // stream
        size += 1 + 8 + 8  // version
        size += 1 + 3 + 4 + 1 + 16  // id
        size += text(4, type)  // type
        size += 1 + 14 + 4  // schemaVersion
        size += 2 * (1 + 11 + 8)  // occurredAt, recordedAt
        if let correlationID { size += text(13, correlationID) }
        if let causationID { size += text(11, causationID) }
        if let actor { size += text(5, actor) }
        size += 1 + 9 + metadata.byteCount
        size += 1 + 8 + payload.byteCount
        return size
    }
}
