internal import CutoverAzureTransport
internal import MigrationCore

/// A document as the metadata of a blob, and back: exactly, whatever it holds.
///
/// A field is an entry of its own where its name has small letters, digits and `_`, and its value is a text that HTTP carries. The other
/// fields are carried as BSON in Base64, together with the order of all fields, which metadata does not keep. Entries of
/// other programs are read as texts; one that another program adds or changes counts.
enum MetadataForm {
    /// What the names of the store's own entries begin with.
    static let ownPrefix = "cutover"
    private static let shape = "cutovershape"
    /// The service's limit for all names and values, less room for the mark of the write.
    static let maximumBytes = (8 << 10) - 128

    /// The entries of a document, in no order.
    ///
    /// - Throws: `documentTooLarge` when they are more than the service takes.
    static func entries(of document: Document, _ key: DocumentKey) throws(StoreError) -> [String: String] {
        var entries: [String: String] = [:]
        var rest = Document()
        var order: [Value] = []
        for (name, value) in document {
            order.append(.string(name))
            if case .string(let text) = value, isName(name), isText(text) {
                entries[name] = text
            } else {
                rest.append(name, value)
            }
        }
        if entries.count != 1 || !rest.isEmpty {
            let carried: Document = ["order": .array(order), "fields": .document(rest)]
            entries[shape] = Base64.text(carried.bson)
        }
        if bytes(of: entries) <= maximumBytes { return entries }
        // All of it in one piece needs no order, and may be shorter.
        let whole: Document = ["fields": .document(document)]
        entries = [shape: Base64.text(whole.bson)]
        let size = bytes(of: entries)
        guard size <= maximumBytes else {
            throw StoreError(
                .documentTooLarge,
                "The document makes \(size) bytes of metadata, and a blob takes \(maximumBytes); make it smaller.",
                context: .init(collection: key.collection)
            )
        }
        return entries
    }

    /// Whether a blob's metadata is a document; the mark of a write alone is none.
    static func isDocument(_ metadata: [String: String]) -> Bool {
        metadata.contains { !$0.key.hasPrefix(ownPrefix) || $0.key == shape }
    }

    /// Reads the document of a blob's metadata, whose names are in lower case.
    ///
    /// - Throws: `invalidValue` or `malformed` for carried bytes that are damaged.
    static func document(_ metadata: [String: String]) throws(DocumentError) -> Document {
        var values = metadata.filter { !$0.key.hasPrefix(ownPrefix) }
        var fields: [(String, Value)] = []
        if let text = metadata[shape] {
            guard let bytes = Base64.bytes(text) else {
                throw DocumentError(.malformed, "The carried fields of a blob's metadata are no Base64.")
            }
            var limits = DocumentLimits.default
            limits.maximumDepth += 1
            let carried = try Document(bson: bytes, limits: limits)
            guard case .document(let rest)? = carried["fields"] else {
                throw DocumentError(.invalidValue, "The carried fields of a blob's metadata have another form.")
            }
            var order = rest.map { Value.string($0.name) }
            if case .array(let names)? = carried["order"] { order = names }
            for case .string(let name) in order {
                // An entry wins: another program may have written it since.
                if let value = values.removeValue(forKey: name).map({ Value.string($0) }) ?? rest[name] {
                    fields.append((name, value))
                }
            }
        }
        for (name, text) in values.sorted(by: { $0.key < $1.key }) { fields.append((name, .string(text))) }
        return Document(uniqueFields: fields)
    }

    private static func bytes(of entries: [String: String]) -> Int {
        entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 128, !name.hasPrefix(ownPrefix) else { return false }
        return name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): index > 0
            default: false
            }
        }
    }

    /// An empty value may get lost on its way, and spaces at the ends are.
    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && text.first != " " && text.last != " "
    }
}
