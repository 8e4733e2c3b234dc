internal import MigrationCore

/// One stanza of a Debian package index: fields as `Name: value`, with further lines of a value indented.
///
/// The form is that of Debian's policy manual, section 5.1.
struct PackageStanza {
    private var fields: [(name: String, value: String)] = []

    var isEmpty: Bool { fields.isEmpty }

    /// The value of a field.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// Takes one line without its end. A line that is neither a field nor goes on with one is left out.
    mutating func add(_ line: UnsafeBufferPointer<UInt8>) {
        if let first = line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
            guard !fields.isEmpty else { return }
            fields[fields.count - 1].value += "\n" + Self.text(line.dropFirst())
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 {
            var value = line[(colon + 1)...]
            while value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            fields.append((Self.text(line[..<colon]), Self.text(value)))
        }
    }

    /// The stanza as a document: sizes as numbers, lists as arrays, everything else as text, in the order of the index.
    func document(id: String) -> Document {
        var document: Document = ["_id": .string(id)]
        for (name, value) in fields where document[name] == nil { document.append(name, Self.value(value, of: name)) }
        return document
    }

    private static func value(_ text: String, of name: String) -> Value {
        switch name {
        case "Size", "Installed-Size": Int64(text).map { .int64($0) } ?? .string(text)
        case "Essential", "Important", "Protected", "Build-Essential":
            text == "yes" ? .bool(true) : text == "no" ? .bool(false) : .string(text)
        case "Depends", "Pre-Depends", "Recommends", "Suggests", "Enhances", "Breaks", "Conflicts", "Replaces",
            "Provides", "Tag":
            .array(list(text))
        default: .string(text)
        }
    }

    private static func list(_ text: String) -> [Value] {
        text.utf8.split(separator: UInt8(ascii: ",")).map { item in
            let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
            let rest = item.drop(while: isSpace)
            let end = rest.reversed().drop(while: isSpace).startIndex.base
            return .string(String(decoding: rest[..<end], as: UTF8.self))
        }
    }

    private static func text(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
    }
}
