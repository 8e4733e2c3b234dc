internal import MigrationCore

/// A row of the table of documents, as far as it can be read.
enum DocumentRow {
    case document(StoredDocument)
    /// Its time has come; it is as good as deleted.
    case expired
    case unreadable(UnreadableDocument)
}

/// Makes documents from rows of one collection.
///
/// Rows that follow each other mostly share their partition key, so the last one is kept.
struct DocumentDecoder {
    /// The columns that are read, in this order, beginning at `offset`.
    static let columns = "partition, id, body, etag, expires_at"

    private let collection: CollectionName
    private let now: WallTime
    private let offset: Int32
    private var lastPartition: (bytes: [UInt8], key: PartitionKey) = (Array("[]".utf8), .unpartitioned)

    init(collection: CollectionName, now: WallTime, offset: Int32 = 0) {
        self.collection = collection
        self.now = now
        self.offset = offset
    }

    func place(in row: Statement) -> DocumentPlace {
        DocumentPlace(partition: row.bytes(offset), id: row.bytes(offset + 1))
    }

    mutating func row(in row: Statement) -> DocumentRow {
        let expiresAt = row.int64OrNil(offset + 4).map { WallTime(millisecondsSinceEpoch: $0) }
        if let expiresAt, expiresAt <= now { return .expired }
        let key: DocumentKey
        do throws(DocumentError) {
            key = try self.key(in: row)
        } catch {
            return .unreadable(UnreadableDocument(key: nil, bytes: row.bytes(offset + 2), error: error))
        }
        return Self.row(key, body: offset + 2, etag: offset + 3, expiresAt: expiresAt, in: row)
    }

    /// Reads a row whose key and expiry are known.
    static func row(
        _ key: DocumentKey,
        body: Int32,
        etag: Int32,
        expiresAt: WallTime?,
        in row: Statement
    ) -> DocumentRow {
        do throws(DocumentError) {
            let document = try Document(row: row, jsonColumn: body)
            return .document(
                StoredDocument(key: key, document: document, etag: ETag(row.text(etag)), expiresAt: expiresAt)
            )
        } catch {
            return .unreadable(UnreadableDocument(key: key, bytes: row.bytes(body), error: error))
        }
    }

    mutating func key(in row: Statement) throws(DocumentError) -> DocumentKey {
        let isSame = unsafe row.withBytes(offset) { unsafe $0.elementsEqual(lastPartition.bytes) }
        if !isSame {
            guard let text = row.validText(offset) else { throw .notUTF8 }
            lastPartition = (row.bytes(offset), try PartitionKey(text: text))
        }
        guard let text = row.validText(offset + 1) else { throw .notUTF8 }
        return DocumentKey(collection: collection, partition: lastPartition.key, id: try DocumentID(text: text))
    }
}

extension DocumentError {
    fileprivate static let notUTF8 = DocumentError(.invalidUTF8, "A partition key or an id is not UTF-8.")
}

extension Document {
    /// The document that a column holds as Extended JSON.
    init(row: Statement, jsonColumn column: Int32) throws(DocumentError) {
        let result = unsafe row.withBytes(column) { bytes in
            Result { () throws(DocumentError) in
                try unsafe Document(json: bytes.assumingMemoryBound(to: UInt8.self), limits: .stored)
            }
        }
        self = try result.get()
    }
}

extension UnreadableDocument {
    /// The error of a call that cannot go on without this document.
    func storeError(in collection: CollectionName) -> StoreError {
        StoreError(
            .corrupt,
            "A stored document does not parse; a scan shows it with its bytes. Correct it or delete it.",
            context: .init(collection: collection),
            underlying: error
        )
    }
}
