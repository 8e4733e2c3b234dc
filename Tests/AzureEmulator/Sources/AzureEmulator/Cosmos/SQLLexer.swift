/// A word of a query, and where it stands.
struct SQLToken: Sendable {
    enum Kind: Sendable, Equatable {
        case word(String)
        case number(String)
        case string(String)
        case parameter(String)
        case symbol(String)
        case end
    }

    var kind: Kind
    /// Its bytes in the text.
    var range: Range<Int>

    /// Whether it is this keyword, in whatever case.
    func isWord(_ keyword: String) -> Bool {
        if case .word(let text) = kind { text.equalsIgnoringCase(keyword) } else { false }
    }

    func isSymbol(_ text: String) -> Bool { kind == .symbol(text) }
}

/// Cuts a query into its words.
struct SQLLexer {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// All words, with one that stands for the end.
    static func tokens(_ text: String) throws(CosmosError) -> [SQLToken] {
        var lexer = SQLLexer(text)
        var tokens: [SQLToken] = []
        while let token = try lexer.next() { tokens.append(token) }
        tokens.append(SQLToken(kind: .end, range: lexer.bytes.count..<lexer.bytes.count))
        return tokens
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x24 || byte >= 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private mutating func take(while holds: (UInt8) -> Bool) -> String {
        let start = index
        while index < bytes.count, holds(bytes[index]) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func next() throws(CosmosError) -> SQLToken? {
        _ = take { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard index < bytes.count else { return nil }
        let start = index
        let byte = bytes[index]
        let kind: SQLToken.Kind
        if Self.isLetter(byte) {
            kind = .word(take { Self.isLetter($0) || Self.isDigit($0) })
        } else if Self.isDigit(byte) {
            kind = try number()
        } else if byte == 0x40 {
            index += 1
            kind = .parameter("@" + take { Self.isLetter($0) || Self.isDigit($0) })
        } else if byte == 0x22 || byte == 0x27 {
            kind = .string(try string(until: byte))
        } else {
            kind = try symbol()
        }
        return SQLToken(kind: kind, range: start..<index)
    }

    private mutating func number() throws(CosmosError) -> SQLToken.Kind {
        var text = take(while: Self.isDigit)
        if index < bytes.count, bytes[index] == 0x2E {
            index += 1
            text += "." + take(while: Self.isDigit)
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            text += "e"
            if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D {
                text += bytes[index] == 0x2B ? "+" : "-"
                index += 1
            }
            text += take(while: Self.isDigit)
        }
        guard let value = Double(text) else { throw .syntax("near \(text)") }
        return .number(CosmosNumber.text(value))
    }

    /// A text in either kind of quotation marks, with the escapes of JSON.
    private mutating func string(until mark: UInt8) throws(CosmosError) -> String {
        index += 1
        var content: [UInt8] = []
        while index < bytes.count, bytes[index] != mark {
            if bytes[index] == 0x5C, index + 1 < bytes.count {
                if bytes[index + 1] == 0x27 {
                    content.append(0x27)
                } else {
                    content += [0x5C, bytes[index + 1]]
                }
                index += 2
            } else {
                // A plain mark of the other kind has to be escaped for the reader of JSON.
                if bytes[index] == 0x22 { content.append(0x5C) }
                content.append(bytes[index])
                index += 1
            }
        }
        guard index < bytes.count, let text = JSON(parsing: [0x22] + content + [0x22])?.string else {
            throw .syntax("a text does not end")
        }
        index += 1
        return text
    }

    private mutating func symbol() throws(CosmosError) -> SQLToken.Kind {
        for text in ["<=", ">=", "!=", "<>", "||", "??"] where bytes[index...].starts(with: text.utf8) {
            index += 2
            return .symbol(text)
        }
        let letter = Character(Unicode.Scalar(bytes[index]))
        guard "()[]{},.:*+-/%=<>?".contains(letter) else { throw .syntax("near \(letter)") }
        index += 1
        return .symbol(String(letter))
    }
}

extension CosmosError {
    /// What is wrong with a query, or not served.
    static func syntax(_ message: String) -> CosmosError {
        .badRequest("Syntax error in the query, or a part of the language that is not served: \(message).")
    }
}
