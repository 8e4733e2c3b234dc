internal import MigrationCore

/// A document of a collection, as far as it can be read.
struct FoundDocument: Sendable {
    let place: DocumentPlace
    let stored: StoredDocument
    /// Whether the tag is a version that this library wrote; otherwise it is made from the content.
    let hasVersion: Bool

    var key: DocumentKey { stored.key }

    func isExpired(at now: WallTime) -> Bool { stored.expiresAt.map { $0 <= now } ?? false }
}

enum FoundRow: Sendable {
    case document(FoundDocument)
    case unreadable(UnreadableDocument, DocumentPlace?)

    /// Where it stands; nil when even that cannot be read.
    var place: DocumentPlace? {
        switch self {
        case .document(let found): found.place
        case .unreadable(_, let place): place
        }
    }

    func isExpired(at now: WallTime) -> Bool {
        if case .document(let found) = self { found.isExpired(at: now) } else { false }
    }

    /// The document; throws `corrupt` for one that does not parse.
    func document(in collection: CollectionName) throws(StoreError) -> FoundDocument {
        switch self {
        case .document(let found): return found
        case .unreadable(let row, _):
            throw StoreError(
                .corrupt,
                "A stored document does not parse; a scan shows it with its bytes. Correct it or delete it.",
                context: .init(collection: collection),
                underlying: row.error
            )
        }
    }
}

extension StoredForm {
    /// Reads a document as the server sent it.
    static func row(in bytes: [UInt8], of collection: CollectionName) -> FoundRow {
        do throws(DocumentError) {
            return .document(try document(try Document(bson: bytes, limits: .stored), of: collection))
        } catch {
            let place = unsafe bytes.withUnsafeBytes { unsafe Self.place(in: $0) }
            let key = place.flatMap { try? $0.key(in: collection) }
            return .unreadable(UnreadableDocument(key: key, bytes: bytes, error: error), place)
        }
    }

    /// The `_id` of a document, also of one that does not parse as a whole. The server keeps it in front, and its structure is sound.
    static func place(in bytes: UnsafeRawBufferPointer) -> DocumentPlace? {
        var reader = unsafe BSONReader(bytes)
        guard let element = reader.next(), unsafe bytes.isName(element.name, "_id") else { return nil }
        var writer = BSONWriter()
        let start = writer.beginDocument()
        unsafe writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[element.range]))
        writer.endDocument(start)
        return (try? Document(bson: writer.bytes))?["_id"].map { DocumentPlace($0) }
    }

    private static func document(
        _ document: Document,
        of collection: CollectionName
    ) throws(DocumentError) -> FoundDocument {
        let (id, hidden) = ownFields(of: document)
        guard let id else { throw DocumentError(.malformed, "The document has no `_id`.") }
        let place = DocumentPlace(id)
        let key = try place.key(in: collection)
        let body = try body(of: document, hidden: hidden, key: key)
        var expiresAt: WallTime?
        if case .date(let time)? = hidden?[Hidden.expiry] { expiresAt = time }
        var version: ETag?
        if case .string(let text)? = hidden?[Hidden.version] { version = ETag(text) }
        let etag = version ?? ETag(contentOf: body, prefix: contentTagPrefix)
        return FoundDocument(
            place: place,
            stored: StoredDocument(key: key, document: body, etag: etag, expiresAt: expiresAt),
            hasVersion: version != nil
        )
    }

    /// The `_id` and the hidden field, found in one walk through the fields and decoded after it.
    private static func ownFields(of document: Document) -> (id: Value?, hidden: Document?) {
        unsafe document.withReader { bytes, reader in
            var id: BSONElement?
            var hidden: BSONElement?
            while let element = reader.next() {
                if unsafe bytes.isName(element.name, "_id") {
                    id = id ?? element
                } else if unsafe bytes.isName(element.name, fieldBytes) {
                    hidden = element
                }
                if id != nil, hidden != nil { break }
            }
            var fields: Document?
            if let hidden, case .document(let document) = unsafe bytes.value(of: hidden) { fields = document }
            return (id.map { unsafe bytes.value(of: $0) }, fields)
        }
    }

    private static let contentTagPrefix = "~"

    /// Whether a tag was made from the content of a document without a version.
    static func isContentTag(_ tag: ETag) -> Bool { tag.text.hasPrefix(contentTagPrefix) }

    private static func body(
        of document: Document,
        hidden: Document?,
        key: DocumentKey
    ) throws(DocumentError) -> Document {
        guard let hidden else { return document }
        if case .binary(let binary)? = hidden[Hidden.body] { return try Document(bson: binary.bytes, limits: .stored) }
        let hasID = hidden[Hidden.withoutID] != .bool(true)
        return unsafe document.withReader { bytes, reader in
            var writer = BSONWriter(reservingCapacity: bytes.count)
            let start = writer.beginDocument()
            if hasID { writer.append("_id", key.id.value) }
            // The fields around the hidden one go over in two runs.
            var run = reader.next().map { $0.range.upperBound } ?? bytes.count - 1
            while let element = reader.next() {
                guard unsafe bytes.isName(element.name, fieldBytes) else { continue }
                unsafe writer.bytes.append(
                    contentsOf: UnsafeRawBufferPointer(rebasing: bytes[run..<element.range.lowerBound])
                )
                run = element.range.upperBound
                break
            }
            unsafe writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[run..<(bytes.count - 1)]))
            writer.endDocument(start)
            return Document(validatedBSON: writer.bytes)
        }
    }
}
