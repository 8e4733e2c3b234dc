/// The header fields of a request or an answer: in order, names without regard to case, values as they stand on the wire.
///
/// A description shows the values of a short list of harmless fields and hides every other value, so that a field that nobody
/// thought of cannot leak a key, a token, a signed URL or a name of a person.
package struct HTTPHeaders: Sendable {
    /// One field.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// All fields in the order of the wire.
    package private(set) var fields: [Field]

    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    /// None yet, with room for so many.
    init(capacity: Int) {
        fields = []
        fields.reserveCapacity(capacity)
    }

    /// The value of the first field with this name. Setting replaces all of them with one; nil removes them.
    package subscript(name: String) -> String? {
        get { fields.first { Self.isSame($0.name, name) }?.value }
        set {
            guard let newValue else { return remove(name) }
            guard let index = fields.firstIndex(where: { Self.isSame($0.name, name) }) else {
                return add(name, newValue)
            }
            fields[index].value = newValue
            let tail = fields[(index + 1)...].filter { !Self.isSame($0.name, name) }
            fields.replaceSubrange((index + 1)..., with: tail)
        }
    }

    /// The values of all fields with this name.
    package func values(of name: String) -> [String] {
        fields.filter { Self.isSame($0.name, name) }.map(\.value)
    }

    /// Appends a field, next to others of the same name.
    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Removes every field with this name.
    package mutating func remove(_ name: String) {
        fields.removeAll { Self.isSame($0.name, name) }
    }

    /// Whether two names are the same field: ASCII letters without regard to case.
    package static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        var others = right.utf8.makeIterator()
        for byte in left.utf8 {
            guard let other = others.next(), lowercased(byte) == lowercased(other) else { return false }
        }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements.map { Field(name: $0.0, value: $0.1) })
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[\(fields.map(\.description).joined(separator: ", "))]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: fields.map(\.description)) }
}

extension HTTPHeaders.Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Fields whose values say nothing about people, payloads or credentials.
    private static let shown: Set<String> = [
        "accept", "connection", "content-encoding", "content-length", "content-range", "content-type", "date", "host",
        "retry-after", "server", "transfer-encoding", "user-agent", "x-ms-activity-id", "x-ms-blob-type",
        "x-ms-client-request-id", "x-ms-date", "x-ms-error-code", "x-ms-request-charge", "x-ms-request-id",
        "x-ms-retry-after-ms", "x-ms-substatus", "x-ms-version",
    ]

    package var description: String {
        Self.shown.contains(name.lowercased()) ? "\(name): \(value)" : "\(name): <hidden>"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
