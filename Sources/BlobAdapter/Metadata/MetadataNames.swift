internal import MigrationCore

/// Which blob a document describes.
///
/// The folder of a collection, then one part for each component of the partition key, then the id. Texts stand for themselves as far
/// as the service takes them, so that the blobs of other programs have the keys that one expects: `tenders/17/offer.pdf` is the id
/// `offer.pdf` in partition `17` of the collection whose folder is `tenders/`. What the service would change or refuse is `~`
/// and two hexadecimal digits for each byte, an empty text `~e`, and what is no text `~j` and its JSON.
struct MetadataNames: Sendable {
    let prefix: String
    let folders: [CollectionName: String]

    func folder(of collection: CollectionName, partition: PartitionKey? = nil) -> String {
        let folder = prefix + (folders[collection] ?? "metadata/\(NameSegment.escaped(collection.text))/")
        return (partition?.components ?? []).reduce(folder) { "\($0)\(Self.part(of: $1))/" }
    }

    /// The name of a document's blob.
    ///
    /// - Throws: `keyTooLong` when the service could not hold it.
    func name(of key: DocumentKey) throws(StoreError) -> String {
        let id: String
        if case .string(let text) = key.id.value {
            id = Self.plain(text)
        } else {
            id = "~j\(Self.escaped(key.id.text))"
        }
        let name = folder(of: key.collection, partition: key.partition) + id
        guard name.utf16.count <= DocumentNames.maximumCharacters else {
            throw StoreError(
                .keyTooLong,
                "The name of the blob would have \(name.utf16.count) characters, and the service takes 1,024; shorten the key.",
                context: .init(collection: key.collection)
            )
        }
        return name
    }

    /// The key of a blob in a collection's folder; nil when no document has that name.
    func key(of name: String, in collection: CollectionName) -> DocumentKey? {
        let folder = folder(of: collection)
        guard name.utf8.starts(with: folder.utf8) else { return nil }
        let parts = Substring(name.utf8.dropFirst(folder.utf8.count)).split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        guard let last = parts.last else { return nil }
        var components: [PartitionKey.Component] = []
        for part in parts.dropLast() {
            guard let component = Self.component(of: part) else { return nil }
            components.append(component)
        }
        let id: DocumentID
        if last.utf8.starts(with: "~j".utf8) {
            guard let text = KeyEscape.text(last.dropFirst(2)), let parsed = try? DocumentID(text: text) else {
                return nil
            }
            id = parsed
        } else {
            guard let text = Self.text(last) else { return nil }
            id = DocumentID(text)
        }
        guard let partition = try? PartitionKey(components: components) else { return nil }
        let key = DocumentKey(collection: collection, partition: partition, id: id)
        // One key has one name, so a name that is written in another way belongs to none.
        guard let own = try? self.name(of: key), own.utf8.elementsEqual(name.utf8) else { return nil }
        return key
    }

    private static func part(of component: PartitionKey.Component) -> String {
        if case .string(let text) = component { return plain(text) }
        return "~j\(escaped(PartitionKey(component).text))"
    }

    private static func component(of part: Substring) -> PartitionKey.Component? {
        guard part.utf8.starts(with: "~j".utf8) else { return text(part).map { .string($0) } }
        guard let json = KeyEscape.text(part.dropFirst(2)), let key = try? PartitionKey(text: json),
            key.components.count == 1
        else { return nil }
        return key.components[0]
    }

    private static func plain(_ text: String) -> String {
        guard !text.isEmpty else { return "~e" }
        let escaped = escaped(text)
        let bytes = Array(escaped.utf8.prefix(2))
        // A text that begins like one of the store's own forms would look like it.
        guard bytes.count == 2, bytes[0] == UInt8(ascii: "~"),
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[1])
        else { return escaped }
        return "~7E" + String(decoding: escaped.utf8.dropFirst(), as: UTF8.self)
    }

    private static func text(_ part: Substring) -> String? { part == "~e" ? "" : KeyEscape.text(part) }

    private static func escaped(_ text: String) -> String { KeyEscape.escaped(text) }
}

/// Texts as parts of names that stay as they are as far as the service keeps them.
enum KeyEscape {
    private static let mark = UInt8(ascii: "~")
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func escaped(_ text: some StringProtocol) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            let byte = source[index]
            // U+0080 to U+009F are controls, too; in UTF-8 they are C2 and this byte. XML has no U+FFFE and U+FFFF: EF BF BE, EF BF BF.
            if byte == 0xC2, index + 1 < source.count, source[index + 1] < 0xA0 {
                append(byte, to: &bytes)
                append(source[index + 1], to: &bytes)
                index += 2
                continue
            }
            let looksEscaped =
                byte == mark && index + 2 < source.count && digits.contains(source[index + 1])
                && digits.contains(source[index + 2])
            let isForbidden =
                byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\")
                || byte == UInt8(ascii: ".") && index == source.count - 1
                || byte == 0xBF && index > 0 && source[index - 1] == 0xEF && index + 1 < source.count
                    && source[index + 1] >= 0xBE
            if looksEscaped || isForbidden { append(byte, to: &bytes) } else { bytes.append(byte) }
            index += 1
        }
        // A text that is no UTF-8 any more has lost the middle of a character: all of it is escaped then.
        guard let result = String(validating: bytes, as: UTF8.self) else {
            bytes = []
            for byte in source { append(byte, to: &bytes) }
            return String(decoding: bytes, as: UTF8.self)
        }
        return result
    }

    /// The text behind a part; nil for what ``escaped(_:)`` does not write.
    static func text(_ part: some StringProtocol) -> String? {
        let source = Array(part.utf8)
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

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes += [mark, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
