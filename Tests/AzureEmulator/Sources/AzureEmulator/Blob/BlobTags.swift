/// Tags: their limits, their forms on the wire, and conditions on them.
enum BlobTags {
    static func check(_ tags: [Field], _ rules: Rules) throws(StorageError) {
        guard rules.holds("blob.tags-limits") else { return }
        let invalid = StorageError(400, "InvalidTag", "A tag is not valid, or there are more than 10.")
        guard tags.count <= 10, Set(tags.map(\.name)).count == tags.count else { throw invalid }
        for tag in tags {
            guard (1...128).contains(tag.name.utf8.count), tag.value.utf8.count <= 256, isAllowed(tag.name),
                isAllowed(tag.value)
            else { throw invalid }
        }
    }

    private static func isAllowed(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || " +-./:=_".utf8.contains(byte)
        }
    }

    /// Reads the form of the header `x-ms-tags`: `k=v&k2=v2`, percent-encoded.
    static func header(_ text: String) -> [Field] { Percent.pairs(text.replacing("+", with: " ")) }

    /// Reads the body of Set Blob Tags.
    static func body(_ bytes: [UInt8]) throws(StorageError) -> [Field] {
        guard let document = XML.parse(bytes), document.name == "Tags", let set = document.child("TagSet") else {
            throw StorageError(400, "InvalidXmlDocument", "XML specified is not syntactically valid.")
        }
        return set.children.map { Field($0.child("Key")?.text ?? "", $0.child("Value")?.text ?? "") }
    }

    static func xml(_ tags: [Field]) -> String {
        let elements = tags.map { "<Tag><Key>\(XML.escape($0.name))</Key><Value>\(XML.escape($0.value))</Value></Tag>" }
        return "<Tags><TagSet>" + elements.joined() + "</TagSet></Tags>"
    }
}

/// A condition on tags: comparisons with `AND` and `OR`, as in `x-ms-if-tags` and in searches.
indirect enum BlobTagExpression: Sendable {
    case comparison(key: String, operation: String, value: String)
    case and(BlobTagExpression, BlobTagExpression)
    case or(BlobTagExpression, BlobTagExpression)

    init?(_ text: String) {
        var parser = Parser(rest: text[...])
        guard let expression = parser.either(), parser.rest.trimmed.isEmpty else { return nil }
        self = expression
    }

    func isTrue(of tags: [Field], container: String? = nil) -> Bool {
        switch self {
        case .and(let left, let right):
            return left.isTrue(of: tags, container: container) && right.isTrue(of: tags, container: container)
        case .or(let left, let right):
            return left.isTrue(of: tags, container: container) || right.isTrue(of: tags, container: container)
        case .comparison(let key, let operation, let value):
            let found = key == "@container" ? container : tags.first { $0.name == key }?.value
            guard let found else { return operation == "<>" }
            let left = ByteString(found)
            let right = ByteString(value)
            return switch operation {
            case "=": left == right
            case "<>": left != right
            case "<": left < right
            case "<=": left <= right
            case ">": left > right
            default: left >= right
            }
        }
    }

    private struct Parser {
        var rest: Substring

        mutating func either() -> BlobTagExpression? {
            guard var left = both() else { return nil }
            while word("OR") {
                guard let right = both() else { return nil }
                left = .or(left, right)
            }
            return left
        }

        mutating func both() -> BlobTagExpression? {
            guard var left = comparison() else { return nil }
            while word("AND") {
                guard let right = comparison() else { return nil }
                left = .and(left, right)
            }
            return left
        }

        mutating func comparison() -> BlobTagExpression? {
            skipSpace()
            if rest.first == "(" {
                rest = rest.dropFirst()
                guard let inner = either() else { return nil }
                skipSpace()
                guard rest.first == ")" else { return nil }
                rest = rest.dropFirst()
                return inner
            }
            let key: String
            if rest.first == "\"" {
                guard let quoted = quoted("\"") else { return nil }
                key = quoted
            } else {
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "@" || $0 == "_" }
                guard !name.isEmpty else { return nil }
                rest = rest.dropFirst(name.count)
                key = String(name)
            }
            skipSpace()
            guard let operation = ["<>", "<=", ">=", "=", "<", ">"].first(where: { rest.hasPrefix($0) }) else {
                return nil
            }
            rest = rest.dropFirst(operation.count)
            skipSpace()
            guard let value = quoted("'") else { return nil }
            return .comparison(key: key, operation: operation, value: value)
        }

        mutating func quoted(_ mark: Character) -> String? {
            guard rest.first == mark else { return nil }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: mark) else { return nil }
            defer { rest = rest[rest.index(after: end)...] }
            return String(rest[..<end])
        }

        mutating func word(_ word: String) -> Bool {
            skipSpace()
            guard rest.prefix(word.count).equalsIgnoringCase(word) else { return false }
            rest = rest.dropFirst(word.count)
            return true
        }

        mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }
    }
}
