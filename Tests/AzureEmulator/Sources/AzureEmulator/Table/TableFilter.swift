/// A condition of `$filter`.
indirect enum TableFilter: Sendable {
    case comparison(Operand, String, Operand)
    case flag(Operand)
    case not(TableFilter)
    case and(TableFilter, TableFilter)
    case or(TableFilter, TableFilter)

    enum Operand: Sendable {
        case property(String)
        case literal(TableValue)
    }

    init(_ text: String, _ rules: Rules) throws(StorageError) {
        var parser = Parser(text, andFirst: rules.holds("table.filter-precedence"))
        guard let filter = parser.either(), parser.isAtEnd else {
            throw StorageError(
                400,
                "InvalidInput",
                "One of the request inputs is not valid: the filter has a syntax error."
            )
        }
        self = filter
    }

    /// Whether an entity fits. A property that it does not have compares as false with everything.
    func holds(for value: (String) -> TableValue?) -> Bool {
        switch self {
        case .and(let left, let right): return left.holds(for: value) && right.holds(for: value)
        case .or(let left, let right): return left.holds(for: value) || right.holds(for: value)
        case .not(let inner): return !inner.holds(for: value)
        case .flag(let operand): return Self.value(operand, value) == .bool(true)
        case .comparison(let left, let operation, let right):
            guard let left = Self.value(left, value), let right = Self.value(right, value) else { return false }
            guard let order = left.order(right) else { return operation == "ne" }
            return switch operation {
            case "eq": order == 0
            case "ne": order != 0
            case "gt": order > 0
            case "ge": order >= 0
            case "lt": order < 0
            default: order <= 0
            }
        }
    }

    private static func value(_ operand: Operand, _ value: (String) -> TableValue?) -> TableValue? {
        switch operand {
        case .property(let name): value(name)
        case .literal(let literal): literal
        }
    }

    private struct Parser {
        private var rest: Substring
        /// Whether `and` binds closer than `or`.
        private let andFirst: Bool

        init(_ text: String, andFirst: Bool) {
            rest = text[...]
            self.andFirst = andFirst
        }

        var isAtEnd: Bool { rest.allSatisfy(\.isWhitespace) }

        mutating func either() -> TableFilter? {
            guard andFirst else { return leftToRight() }
            guard var left = both() else { return nil }
            while word("or") {
                guard let right = both() else { return nil }
                left = .or(left, right)
            }
            return left
        }

        private mutating func leftToRight() -> TableFilter? {
            guard var left = single() else { return nil }
            while true {
                if word("or") {
                    guard let right = single() else { return nil }
                    left = .or(left, right)
                } else if word("and") {
                    guard let right = single() else { return nil }
                    left = .and(left, right)
                } else {
                    return left
                }
            }
        }

        private mutating func both() -> TableFilter? {
            guard var left = single() else { return nil }
            while word("and") {
                guard let right = single() else { return nil }
                left = .and(left, right)
            }
            return left
        }

        private mutating func single() -> TableFilter? {
            if word("not") { return single().map { .not($0) } }
            if take("(") {
                guard let inner = either(), take(")") else { return nil }
                return inner
            }
            guard let left = operand() else { return nil }
            for operation in ["eq", "ne", "gt", "ge", "lt", "le"] where word(operation) {
                guard let right = operand() else { return nil }
                return .comparison(left, operation, right)
            }
            return .flag(left)
        }

        private mutating func operand() -> Operand? {
            skipSpace()
            guard let first = rest.first else { return nil }
            if first == "'" { return TableCall.quoted(&rest).map { .literal(.string($0)) } }
            if first.isNumber || first == "-" { return number() }
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
            guard !name.isEmpty else { return nil }
            rest = rest.dropFirst(name.count)
            guard rest.first == "'" else {
                switch name {
                case "true": return .literal(.bool(true))
                case "false": return .literal(.bool(false))
                case "NaN": return .literal(.double(.nan))
                case "Infinity": return .literal(.double(.infinity))
                default: return .property(String(name))
                }
            }
            guard let text = TableCall.quoted(&rest) else { return nil }
            switch name {
            case "datetime": return TableValue(.string(text), type: "Edm.DateTime").map { .literal($0) }
            case "guid": return TableValue(.string(text), type: "Edm.Guid").map { .literal($0) }
            case "X", "binary": return Self.hexadecimal(text).map { .literal(.binary($0)) }
            default: return nil
            }
        }

        private mutating func number() -> Operand? {
            let text = rest.prefix { $0.isNumber || "+-.eE".contains($0) }
            rest = rest.dropFirst(text.count)
            if rest.first == "L" || rest.first == "l" {
                rest = rest.dropFirst()
                return Int64(text).map { .literal(.int64($0)) }
            }
            if rest.first == "d" || rest.first == "D" {
                rest = rest.dropFirst()
                return Double(text).map { .literal(.double($0)) }
            }
            if let value = Int32(text) { return .literal(.int32(value)) }
            if let value = Int64(text) { return .literal(.int64(value)) }
            return Double(text).map { .literal(.double($0)) }
        }

        private static func hexadecimal(_ text: String) -> [UInt8]? {
            let digits = text.utf8.map { Percent.hex($0) }
            guard digits.count % 2 == 0, digits.allSatisfy({ $0 != nil }) else { return nil }
            return stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
        }

        private mutating func word(_ word: String) -> Bool {
            skipSpace()
            guard rest.hasPrefix(word) else { return false }
            let after = rest.dropFirst(word.count)
            if let next = after.first, next.isLetter || next.isNumber || next == "_" || next == "'" { return false }
            rest = after
            return true
        }

        private mutating func take(_ mark: Character) -> Bool {
            skipSpace()
            guard rest.first == mark else { return false }
            rest = rest.dropFirst()
            return true
        }

        private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }
    }
}
