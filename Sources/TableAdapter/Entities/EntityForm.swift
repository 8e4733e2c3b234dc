internal import MigrationCore

/// A document as an entity, and back: exactly, whatever it holds.
///
/// A field is a property of its own where the service has a type that gives its value back exactly. The other fields
/// are carried as BSON in binary properties, together with the order of all fields, which entities do not keep. What
/// other programs wrote is read as it is; a property that another program adds or changes counts.
enum EntityForm {
    /// A property by its name.
    struct Property: Sendable, Hashable {
        var name: String
        var value: EntityValue
    }

    /// What the names of this adapter's own properties begin with.
    static let ownPrefix = "Cutover"
    /// Tells one write from every other.
    static let stamp = "CutoverWrite"
    private static let shape = "CutoverShape"
    /// The most properties beside the keys and the stamp.
    private static let maximumProperties = 240
    /// The limit of 1 MiB, less room for keys, stamp and rounding.
    private static let maximumBytes = (1 << 20) - (16 << 10)

    /// The properties of a document, without keys and stamp.
    static func properties(of document: Document) -> [Property] {
        var properties: [Property] = []
        var rest = Document()
        var order: [Value] = []
        for (name, value) in document {
            order.append(.string(name))
            if isPropertyName(name), let value = EntityValue(exactly: value) {
                properties.append(Property(name: name, value: value))
            } else {
                rest.append(name, value)
            }
        }
        guard properties.count > 1 || !rest.isEmpty else { return properties }
        let all = properties + chunks(["order": .array(order), "fields": .document(rest)])
        if all.count <= maximumProperties, all.reduce(0, { $0 + size($1) }) <= maximumBytes { return all }
        // Too many or too large as properties of their own: all of it is carried.
        return chunks(["fields": .document(document)])
    }

    /// Reads the document of an entity from the properties that are neither keys nor the service's own.
    ///
    /// - Throws: `invalidValue` or `malformed` for carried bytes that are damaged, or a value that fits no type.
    static func document(_ properties: [Property]) throws(DocumentError) -> Document {
        var plain: [(String, Value)] = []
        var chunks: [Int: [UInt8]] = [:]
        for property in properties {
            if property.name.hasPrefix(shape), case .binary(let bytes) = property.value,
                let number = Int(property.name.dropFirst(shape.count))
            {
                chunks[number] = bytes
                continue
            }
            guard !property.name.hasPrefix(ownPrefix) else { continue }
            guard let value = property.value.value else {
                throw DocumentError(.invalidValue, "A property holds a time that is none.")
            }
            plain.append((property.name, value))
        }
        guard !chunks.isEmpty else { return Document(uniqueFields: plain) }
        guard (0..<chunks.count).allSatisfy({ chunks[$0] != nil }) else {
            throw DocumentError(.malformed, "A part of the carried fields is missing.")
        }
        var limits = DocumentLimits.default
        limits.maximumDepth += 1
        let carried = try Document(bson: (0..<chunks.count).flatMap { chunks[$0] ?? [] }, limits: limits)
        guard case .document(let rest)? = carried["fields"] else {
            throw DocumentError(.malformed, "The carried fields are missing.")
        }
        return merged(plain, rest, order: carried["order"])
    }

    /// The fields in the order that they were written in; what another program added comes at the end.
    private static func merged(_ plain: [(String, Value)], _ rest: Document, order: Value?) -> Document {
        // By bytes: names that Swift takes for equal are different properties.
        var values: [[UInt8]: Value] = [:]
        for (name, value) in plain { values[Array(name.utf8)] = value }
        var fields: [(String, Value)] = []
        if case .array(let names)? = order {
            for case .string(let name) in names {
                // A property wins: another program may have written it since.
                if let value = values.removeValue(forKey: Array(name.utf8)) ?? rest[name] {
                    fields.append((name, value))
                }
            }
        } else {
            for (name, value) in rest { fields.append((name, values.removeValue(forKey: Array(name.utf8)) ?? value)) }
        }
        for (name, value) in plain where values[Array(name.utf8)] != nil { fields.append((name, value)) }
        return Document(uniqueFields: fields)
    }

    private static func chunks(_ carried: Document) -> [Property] {
        let bytes = carried.bson
        return stride(from: 0, to: bytes.count, by: EntityValue.maximumBinaryBytes).enumerated().map { number, start in
            let end = min(start + EntityValue.maximumBinaryBytes, bytes.count)
            return Property(name: "\(shape)\(number)", value: .binary(Array(bytes[start..<end])))
        }
    }

    private static func size(_ property: Property) -> Int { property.name.utf16.count * 2 + 8 + property.value.size }

    /// Whether the service takes a name, and every client gives it back.
    private static func isPropertyName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...255).contains(bytes.count), !name.hasPrefix(ownPrefix) else { return false }
        guard !["PartitionKey", "RowKey", "Timestamp", "ETag", "etag"].contains(name) else { return false }
        let lower = name.lowercased()
        guard !lower.hasPrefix("xml"), !lower.hasPrefix("odata") else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
    }
}
