internal import MigrationCore

/// How a document lies in MongoDB: `{_id, _cutover: {...}, the body's fields...}`.
///
/// The hidden field holds the version, fresh on every write of this library, and what MongoDB has no room for. The body's fields
/// stay what they are, in their order. A body that MongoDB would alter or refuse lies in the hidden field as binary: one with a
/// top-level timestamp of zero, which the server replaces by the time; one whose `_id` is not its first field; one that is nested
/// deeper than the server takes; one with a field of the hidden one's name.
enum StoredForm {
    static let field = "_cutover"
    /// The same for comparing with bytes.
    static let fieldBytes: StaticString = "_cutover"

    /// The names inside the hidden field.
    enum Hidden {
        static let version = "v"
        static let expiry = "e"
        /// There when the body has no `_id` of its own.
        static let withoutID = "x"
        /// The body as BSON, when it cannot lie in the open.
        static let body = "r"
    }

    /// MongoDB keeps 180 levels; commands around the document take some.
    private static let maximumDepth = 160

    static let expiryPath = "\(field).\(Hidden.expiry)"
    static let versionPath = "\(field).\(Hidden.version)"
    static let bodyPath = "\(field).\(Hidden.body)"

    /// Condition of a query: the document has not expired.
    static func isLive(at now: WallTime) -> Document { [expiryPath: ["$not": ["$lte": .date(now)]]] }

    // MARK: Writing

    /// Appends the stored form of a body as a document value.
    static func append(
        _ body: Document,
        key: DocumentKey,
        at place: DocumentPlace,
        etag: ETag,
        expiresAt: WallTime?,
        to writer: inout BSONWriter
    ) {
        let start = writer.beginDocument()
        writer.append("_id", place.value)
        let shape = BodyShape(body, id: key.id.value)
        writer.appendHeader(.document, field)
        let hidden = writer.beginDocument()
        writer.append(Hidden.version, .string(etag.text))
        if let expiresAt { writer.append(Hidden.expiry, .date(expiresAt)) }
        switch shape {
        case .open(let fields):
            if fields.lowerBound == 4 { writer.append(Hidden.withoutID, true) }
            writer.endDocument(hidden)
            unsafe body.bson.withUnsafeBytes {
                unsafe writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[fields]))
            }
        case .wrapped:
            writer.append(Hidden.body, .binary(Binary(bytes: body.bson)))
            writer.endDocument(hidden)
        }
        writer.endDocument(start)
    }

    private enum BodyShape {
        /// The fields lie in the open; the range leaves out an `_id` in front.
        case open(Range<Int>)
        case wrapped

        init(_ body: Document, id: Value) {
            let isFit = !body.isDeeper(than: maximumDepth)
            let start = unsafe body.withReader { bytes, reader -> Int? in
                var start = 4
                var isFirst = true
                while let element = reader.next() {
                    if unsafe bytes.isName(element.name, "_id") {
                        guard isFirst, unsafe bytes.holds(id, in: element) else { return nil }
                        start = element.range.upperBound
                    } else if element.type == .timestamp, unsafe bytes.int64(at: element.value.lowerBound) == 0 {
                        return nil
                    } else if unsafe bytes.isName(element.name, fieldBytes) {
                        return nil
                    }
                    isFirst = false
                }
                return start
            }
            if isFit, let start { self = .open(start..<(body.byteCount - 1)) } else { self = .wrapped }
        }
    }
}

extension UnsafeRawBufferPointer {
    func isName(_ range: Range<Int>, _ name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { unsafe matches($0, at: range.lowerBound) }
    }

    /// Whether an element holds exactly this value, byte for byte.
    fileprivate func holds(_ value: Value, in element: BSONElement) -> Bool {
        guard element.type == value.bsonType else { return false }
        if case .string(var text) = value {
            // Behind the length, and before the zero byte that ends it.
            guard element.value.count == text.utf8.count + 5 else { return false }
            return text.withUTF8 { unsafe matches($0, at: element.value.lowerBound + 4) }
        }
        var writer = BSONWriter()
        writer.appendPayload(value)
        return unsafe writer.bytes.elementsEqual(UnsafeRawBufferPointer(rebasing: self[element.value]))
    }
}
