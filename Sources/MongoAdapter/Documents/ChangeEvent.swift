internal import MigrationCore

/// One event of a change stream (MongoDB manual, "Change Events").
struct ChangeEvent: Sendable {
    enum Kind: Sendable {
        case written(FoundRow)
        /// Written, and deleted again before it could be looked up; the delete follows.
        case vanished
        case deleted(DocumentPlace)
        /// The collection is gone, or has another name.
        case ended
        /// An event about something else than documents.
        case other
    }

    let token: Document
    let kind: Kind

    /// Reads an event. Its document may be none that parses, so each field is looked at by itself.
    init(_ bytes: UnsafeRawBufferPointer, of collection: CollectionName) throws(StoreError) {
        var token: Document?
        var operation = ""
        var place: DocumentPlace?
        var row: FoundRow?
        // Safety: the server sends well-formed structure; the reader stays inside the bytes in any case.
        var reader = unsafe BSONReader(bytes)
        while let element = reader.next() {
            let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[element.value])
            if unsafe bytes.isName(element.name, "_id"), element.type == .document {
                token = try unsafe Document(storedBSON: value)
            } else if unsafe bytes.isName(element.name, "operationType"), element.type == .string {
                operation = unsafe String(decoding: value.dropFirst(4).dropLast(), as: UTF8.self)
            } else if unsafe bytes.isName(element.name, "documentKey"), element.type == .document {
                place = try unsafe Document(storedBSON: value)["_id"].map { DocumentPlace($0) }
            } else if unsafe bytes.isName(element.name, "fullDocument"), element.type == .document {
                row = unsafe StoredForm.row(in: [UInt8](value), of: collection)
            }
        }
        guard let token else { throw StoreError(.corrupt, "An event of the change stream has no resume token.") }
        self.token = token
        switch operation {
        case "insert", "replace", "update": kind = row.map(Kind.written) ?? .vanished
        case "delete": kind = place.map(Kind.deleted) ?? .other
        case "drop", "rename", "dropDatabase", "invalidate": kind = .ended
        default: kind = .other
        }
    }

    /// The change for readers of the feed; nil when there is nothing to tell.
    func change(in cursor: FeedCursor, now: WallTime) -> DocumentChange? {
        switch kind {
        case .written(.document(let found)):
            guard !found.isExpired(at: now) else { return nil }
            return DocumentChange(key: found.key, kind: .written(found.stored), continuation: cursor.continuation)
        case .written(.unreadable(let row, _)):
            return DocumentChange(key: row.key, kind: .unreadable(row), continuation: cursor.continuation)
        case .deleted(let place):
            guard let key = try? place.key(in: cursor.collection) else { return nil }
            return DocumentChange(key: key, kind: .deleted, continuation: cursor.continuation)
        case .vanished, .ended, .other: return nil
        }
    }
}
