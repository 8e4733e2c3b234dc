internal import MigrationCore

/// The id of an item for the id of a document: one for each, and readable.
///
/// An id that is a text is that text, where the service takes it; what it refuses is written as `~` and two upper-case
/// hexadecimal digits for each byte. An id of another type is `~j` and its Extended JSON.
enum ItemID {
    /// The service's limit, in bytes of UTF-8.
    static let maximumBytes = 1_023
    /// The item that holds the definition of a collection; no document has this id.
    static let definition = "~definition"

    private static let mark = UInt8(ascii: "~")
    private static let jsonMark = "~j"
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// The id of the item of a document.
    ///
    /// - Throws: `keyTooLong` when the service could not hold it.
    static func text(of id: DocumentID, in collection: CollectionName) throws(StoreError) -> String {
        let text = if case .string(let text) = id.value { plain(text) } else { jsonMark + escaped(id.text) }
        guard text.utf8.count <= maximumBytes else {
            throw StoreError(
                .keyTooLong,
                "The id has \(text.utf8.count) bytes as Cosmos DB takes it, and the service holds \(maximumBytes); shorten it.",
                context: .init(collection: collection)
            )
        }
        return text
    }

    /// The document's id behind the id of an item; nil when no document of this library has it.
    static func documentID(_ item: String) -> DocumentID? {
        let found: DocumentID
        if item == "~empty" { return DocumentID("") }
        if item.utf8.starts(with: jsonMark.utf8) {
            let rest = String(decoding: item.utf8.dropFirst(jsonMark.utf8.count), as: UTF8.self)
            guard let json = unescaped(rest), let id = try? DocumentID(text: json) else { return nil }
            found = id
        } else {
            guard let text = unescaped(item) else { return nil }
            found = DocumentID(text)
        }
        return isOwn(found, item) ? found : nil
    }

    /// Whether this id is written in this way, so that each document has one item only.
    private static func isOwn(_ id: DocumentID, _ item: String) -> Bool {
        let text = if case .string(let text) = id.value { plain(text) } else { jsonMark + escaped(id.text) }
        return text.hasSameUTF8(as: item)
    }

    /// What the service refuses in the name of a resource, escaped.
    static func escaped(_ text: String) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        for (index, byte) in source.enumerated() {
            let looksEscaped =
                byte == mark && index + 2 < source.count && digits.contains(source[index + 1])
                && digits.contains(source[index + 2])
            let isLastSpace = byte == 0x20 && index == source.count - 1
            let isDots = (text == "." || text == "..") && index == 0
            if looksEscaped || isForbidden(byte) || isLastSpace || isDots {
                append(escaped: byte, to: &bytes)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text behind an escaped one; nil for bytes that are no text.
    static func unescaped(_ text: String) -> String? {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == mark, index + 2 < source.count, let high = digits.firstIndex(of: source[index + 1]),
                let low = digits.firstIndex(of: source[index + 2])
            {
                bytes.append(UInt8(high << 4 | low))
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A text that is empty, or begins with the mark and a small letter, would look like something of ours.
    private static func plain(_ text: String) -> String {
        guard !text.isEmpty else { return "~empty" }
        let escaped = escaped(text)
        let bytes = Array(escaped.utf8.prefix(2))
        guard bytes.count == 2, bytes[0] == mark, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[1]) else {
            return escaped
        }
        return "~7E" + String(decoding: escaped.utf8.dropFirst(), as: UTF8.self)
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || "/\\#?".utf8.contains(byte)
    }

    private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        bytes += [mark, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
