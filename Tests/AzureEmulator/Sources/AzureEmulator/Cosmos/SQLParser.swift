/// Reads the part of the query language that is served: SELECT, WHERE, ORDER BY, TOP, OFFSET and LIMIT, DISTINCT, aggregates.
struct SQLParser {
    private let bytes: [UInt8]
    private let tokens: [SQLToken]
    private let parameters: [String: JSON]
    private var index = 0
    private var statement = SQLStatement()

    init(_ text: String, parameters: [String: JSON]) throws(CosmosError) {
        bytes = Array(text.utf8)
        tokens = try SQLLexer.tokens(text)
        self.parameters = parameters
        statement.text = text
    }

    static func parse(_ text: String, parameters: [String: JSON]) throws(CosmosError) -> SQLStatement {
        var parser = try SQLParser(text, parameters: parameters)
        // The name of the document stands behind its use.
        try parser.findAlias()
        try parser.read()
        return parser.statement
    }

    // MARK: Words

    private var current: SQLToken { tokens[index] }

    private func text(from start: Int) -> String {
        String(decoding: bytes[tokens[start].range.lowerBound..<tokens[index - 1].range.upperBound], as: UTF8.self)
    }

    private mutating func take(word: String) -> Bool {
        guard current.isWord(word) else { return false }
        index += 1
        return true
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        index += 1
        return true
    }

    private mutating func expect(word: String) throws(CosmosError) {
        guard take(word: word) else { throw .syntax("\(word) is missing") }
    }

    private mutating func expect(_ symbol: String) throws(CosmosError) {
        guard take(symbol) else { throw .syntax("\(symbol) is missing") }
    }

    private mutating func name() throws(CosmosError) -> String {
        guard case .word(let name) = current.kind else { throw .syntax("a name is missing") }
        index += 1
        return name
    }

    /// A whole number, written or as a parameter.
    private mutating func count() throws(CosmosError) -> Int {
        let value: JSON? =
            switch current.kind {
            case .number(let text): .number(text)
            case .parameter(let name): parameters[name]
            default: nil
            }
        guard let count = value?.integer, count >= 0 else { throw .syntax("a number is missing") }
        index += 1
        return count
    }

    // MARK: Clauses

    private mutating func findAlias() throws(CosmosError) {
        guard let from = tokens.firstIndex(where: { $0.isWord("FROM") }) else { throw .syntax("FROM is missing") }
        index = from + 1
        let start = index
        statement.alias = try name()
        if take(word: "AS") {
            statement.alias = try name()
        } else if case .word(let second) = current.kind,
            !["WHERE", "ORDER", "OFFSET", "GROUP", "JOIN", "IN"].contains(second.uppercased())
        {
            statement.alias = try name()
        }
        statement.fromText = text(from: start)
        index = 0
    }

    private mutating func read() throws(CosmosError) {
        try expect(word: "SELECT")
        statement.isDistinct = take(word: "DISTINCT")
        if take(word: "TOP") { statement.top = try count() }
        try readSelection()
        try expect(word: "FROM")
        _ = try name()
        if take(word: "AS") || !(current.isWord("WHERE") || current.isWord("ORDER") || current.isWord("OFFSET")) {
            if case .word = current.kind, !current.isWord("GROUP"), !current.isWord("JOIN") { _ = try name() }
        }
        if take(word: "WHERE") {
            let start = index
            let filter = try expression()
            statement.filter = filter
            statement.filterText = text(from: start)
        }
        if take(word: "ORDER") {
            try expect(word: "BY")
            repeat {
                let start = index
                let value = try expression()
                let text = text(from: start)
                let isDescending = take(word: "DESC")
                if !isDescending { _ = take(word: "ASC") }
                statement.orders.append(SQLStatement.Order(value: value, isDescending: isDescending, text: text))
            } while take(",")
        }
        if current.isWord("OFFSET") {
            statement.limitStart = current.range.lowerBound
            index += 1
            statement.offset = try count()
            try expect(word: "LIMIT")
            statement.limit = try count()
        }
        guard current.kind == .end else { throw .syntax("what follows is not served") }
    }

    private mutating func readSelection() throws(CosmosError) {
        if take("*") { return }
        if take(word: "VALUE") {
            let start = index
            let value = try expression()
            statement.selection = .value(value, text: text(from: start))
            return
        }
        var list: [(name: String, value: SQLExpression, text: String)] = []
        repeat {
            let start = index
            let value = try expression()
            let text = text(from: start)
            var label = "$\(list.count + 1)"
            if case .member(_, .constant(.string(let last))) = value { label = last }
            if case .document = value { label = statement.alias }
            if take(word: "AS") {
                label = try name()
            } else if case .word(let word) = current.kind, !word.equalsIgnoringCase("FROM") {
                label = try name()
            }
            list.append((label, value, text))
        } while take(",")
        statement.selection = .list(list)
    }

    // MARK: Expressions, from the loosest to the tightest

    private mutating func expression() throws(CosmosError) -> SQLExpression {
        var left = try conjunction()
        while take(word: "OR") { left = .binary("OR", left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(CosmosError) -> SQLExpression {
        var left = try negation()
        while take(word: "AND") { left = .binary("AND", left, try negation()) }
        return left
    }

    private mutating func negation() throws(CosmosError) -> SQLExpression {
        if take(word: "NOT") { return .not(try negation()) }
        return try comparison()
    }

    private mutating func comparison() throws(CosmosError) -> SQLExpression {
        let left = try sum()
        for symbol in ["=", "!=", "<>", "<=", ">=", "<", ">"] where take(symbol) {
            return .binary(symbol == "<>" ? "!=" : symbol, left, try sum())
        }
        let isNegated = current.isWord("NOT") && (tokens[index + 1].isWord("IN") || tokens[index + 1].isWord("BETWEEN"))
        if isNegated { index += 1 }
        var result = left
        if take(word: "IN") {
            try expect("(")
            result = .isOneOf(left, try list(until: ")"))
        } else if take(word: "BETWEEN") {
            let low = try sum()
            try expect(word: "AND")
            result = .binary("AND", .binary(">=", left, low), .binary("<=", left, try sum()))
        }
        return isNegated ? .not(result) : result
    }

    private mutating func sum() throws(CosmosError) -> SQLExpression {
        var left = try product()
        while let symbol = ["+", "-", "||"].first(where: { current.isSymbol($0) }) {
            index += 1
            left = .binary(symbol, left, try product())
        }
        return left
    }

    private mutating func product() throws(CosmosError) -> SQLExpression {
        var left = try primary()
        while let symbol = ["*", "/", "%"].first(where: { current.isSymbol($0) }) {
            index += 1
            left = .binary(symbol, left, try primary())
        }
        return left
    }

    private mutating func primary() throws(CosmosError) -> SQLExpression {
        if take("-") { return .negative(try primary()) }
        if take("+") { return try primary() }
        var value = try atom()
        while true {
            if take(".") {
                value = .member(value, .constant(.string(try name())))
            } else if take("[") {
                value = .member(value, try expression())
                try expect("]")
            } else {
                return value
            }
        }
    }

    private mutating func list(until end: String) throws(CosmosError) -> [SQLExpression] {
        var elements: [SQLExpression] = []
        if take(end) { return elements }
        repeat { elements.append(try expression()) } while take(",")
        try expect(end)
        return elements
    }

    private mutating func atom() throws(CosmosError) -> SQLExpression {
        let token = current
        index += 1
        switch token.kind {
        case .number(let text): return .constant(.number(text))
        case .string(let text): return .constant(.string(text))
        case .parameter(let name):
            guard parameters[name] != nil else { throw .syntax("the parameter \(name) is not given") }
            return .parameter(name)
        case .symbol("("):
            let value = try expression()
            try expect(")")
            return value
        case .symbol("["): return .array(try list(until: "]"))
        case .symbol("{"): return try object()
        case .word(let name): return try word(name)
        case .symbol, .end: throw .syntax("an expression is missing")
        }
    }

    private mutating func object() throws(CosmosError) -> SQLExpression {
        var members: [(name: String, value: SQLExpression)] = []
        if take("}") { return .object(members) }
        repeat {
            let label: String
            switch current.kind {
            case .string(let text), .word(let text): label = text
            default: throw .syntax("a name is missing")
            }
            index += 1
            try expect(":")
            members.append((label, try expression()))
        } while take(",")
        try expect("}")
        return .object(members)
    }

    private mutating func word(_ word: String) throws(CosmosError) -> SQLExpression {
        let start = index - 1
        if take("(") {
            let name = word.uppercased()
            let arguments = try list(until: ")")
            let aggregates = ["COUNT": "Count", "SUM": "Sum", "MIN": "Min", "MAX": "Max", "AVG": "Average"]
            guard let aggregate = aggregates[name] else {
                guard SQLFunctions.known.contains(name) else { throw .syntax("the function \(name) is not served") }
                return .call(name, arguments)
            }
            guard arguments.count == 1 else { throw .syntax("\(name) takes one argument") }
            statement.aggregates.append(SQLAggregate(name: aggregate, operand: arguments[0], text: text(from: start)))
            return .aggregate(statement.aggregates.count - 1)
        }
        switch word.lowercased() {
        case "true": return .constant(.bool(true))
        case "false": return .constant(.bool(false))
        case "null": return .constant(.null)
        case "undefined": return .constant(nil)
        default:
            guard word == statement.alias else { throw .syntax("the name \(word) is not known") }
            return .document
        }
    }
}
