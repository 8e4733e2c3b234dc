internal import MigrationCore

/// Makes events from rows of `EventRow.columns`.
///
/// Rows that follow each other mostly share their stream, type, actor and ids of the conversation: such a text is compared with
/// the one of the row before and reused, which is cheaper than to make it again.
struct EventDecoder {
    private let tenant: TenantID
    private var stream: StreamID = "-"
    private var type = TextMemory()
    private var correlationID = TextMemory()
    private var causationID = TextMemory()
    private var actor = TextMemory()

    init(tenant: TenantID) {
        self.tenant = tenant
    }

    mutating func event(in row: Statement) throws(StoreError) -> StoredEvent {
        let position = row.int64(0)
        func damaged(_ column: StaticString) -> StoreError {
            .damagedEvent(column, tenant: tenant, position: position)
        }
        if unsafe !row.withBytes(1, { unsafe stream.text.hasSameBytes(as: $0) }) {
            guard let text = row.validText(1), let name = try? StreamID(text) else { throw damaged("stream") }
            stream = name
        }
        guard let id = EventID(row: row, column: 3) else { throw damaged("id") }
        guard let type = type.text(of: row, 4) else { throw damaged("type") }
        guard let schemaVersion = Int32(exactly: row.int64(5)) else { throw damaged("schema_version") }
        guard let correlationID = correlationID.textOrNil(of: row, 8) else { throw damaged("correlation_id") }
        guard let causationID = causationID.textOrNil(of: row, 9) else { throw damaged("causation_id") }
        guard let actor = actor.textOrNil(of: row, 10) else { throw damaged("actor") }
        guard let metadata = Document(row: row, column: 11) else { throw damaged("metadata") }
        guard let payload = Document(row: row, column: 12) else { throw damaged("payload") }
        guard let digest = unsafe row.withBytes(13, { unsafe LogDigest(bytes: $0) }) else { throw damaged("digest") }
        return StoredEvent(
            position: position,
            stream: stream,
            version: row.int64(2),
            id: id,
            type: type,
            schemaVersion: schemaVersion,
            occurredAt: WallTime(millisecondsSinceEpoch: row.int64(6)),
            recordedAt: WallTime(millisecondsSinceEpoch: row.int64(7)),
            correlationID: correlationID,
            causationID: causationID,
            actor: actor,
            metadata: metadata,
            payload: payload,
            digest: digest
        )
    }
}

/// The text that a column had in the row before.
private struct TextMemory {
    private var last = ""

    /// The column's text; nil if it is not UTF-8.
    mutating func text(of row: Statement, _ column: Int32) -> String? {
        if unsafe row.withBytes(column, { unsafe last.hasSameBytes(as: $0) }) { return last }
        guard let text = row.validText(column) else { return nil }
        last = text
        return text
    }

    /// The column's text, or nil inside for NULL; nil if it is not UTF-8.
    mutating func textOrNil(of row: Statement, _ column: Int32) -> String?? {
        if row.isNull(column) { return .some(nil) }
        return text(of: row, column).map { .some($0) }
    }
}

extension String {
    fileprivate func hasSameBytes(as bytes: UnsafeRawBufferPointer) -> Bool {
        let mine = utf8
        return unsafe mine.count == bytes.count
            && (mine.withContiguousStorageIfAvailable { unsafe bytes.elementsEqual($0) } ?? false)
    }
}

extension EventID {
    fileprivate init?(row: Statement, column: Int32) {
        let words = unsafe row.withBytes(column) { bytes -> (UInt64, UInt64)? in
            guard bytes.count == 16 else { return nil }
            return unsafe (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard let words else { return nil }
        self.init(high: words.0, low: words.1)
    }
}

extension Document {
    /// The document that a column holds as BSON; nil if it is none. Foreign programs may have written it, so it is validated.
    fileprivate init?(row: Statement, column: Int32) {
        let isEmpty = unsafe row.withBytes(column) { unsafe $0.elementsEqual([5, 0, 0, 0, 0]) }
        if isEmpty {
            self.init()
        } else {
            try? self.init(bson: row.bytes(column), limits: .stored)
        }
    }
}

extension DocumentLimits {
    /// What was stored once is read again, whatever the limit of new documents is.
    static let stored = DocumentLimits(maximumBytes: Int(Int32.max))
}
