/// Values of expressions. Nil stands for undefined.
struct SQLEvaluation: Sendable {
    let parameters: [String: JSON]

    func value(_ expression: SQLExpression, _ document: JSON, _ aggregates: [JSON?] = []) -> JSON? {
        func value(_ part: SQLExpression) -> JSON? { self.value(part, document, aggregates) }
        switch expression {
        case .constant(let constant): return constant
        case .parameter(let name): return parameters[name]
        case .document: return document
        case .member(let base, let key):
            guard let base = value(base), let key = value(key) else { return nil }
            if let name = key.string { return base[name] }
            guard let elements = base.array, let index = key.integer, elements.indices.contains(index) else {
                return nil
            }
            return elements[index]
        case .not(let operand):
            guard let flag = value(operand)?.bool else { return nil }
            return .bool(!flag)
        case .negative(let operand):
            return value(operand)?.double.map { .number(CosmosNumber.text(-$0)) }
        case .binary("AND", let left, let right): return Self.logical(value(left), value(right), decisive: false)
        case .binary("OR", let left, let right): return Self.logical(value(left), value(right), decisive: true)
        case .binary(let symbol, let left, let right): return Self.binary(symbol, value(left), value(right))
        case .isOneOf(let operand, let list):
            guard let operand = value(operand) else { return nil }
            return .bool(list.contains { value($0).map { SQLOrder.areEqual($0, operand) } ?? false })
        case .call(let name, let arguments): return SQLFunctions.call(name, arguments.map(value))
        case .aggregate(let index): return aggregates.indices.contains(index) ? aggregates[index] : nil
        case .array(let elements): return .array(elements.compactMap(value))
        case .object(let members):
            return .object(members.compactMap { member in value(member.value).map { JSON.Member(member.name, $0) } })
        }
    }

    /// `AND` and `OR` of three values: one that decides does so even beside undefined.
    private static func logical(_ left: JSON?, _ right: JSON?, decisive: Bool) -> JSON? {
        if left?.bool == decisive || right?.bool == decisive { return .bool(decisive) }
        guard left?.bool != nil, right?.bool != nil else { return nil }
        return .bool(!decisive)
    }

    private static func binary(_ symbol: String, _ left: JSON?, _ right: JSON?) -> JSON? {
        guard let left, let right else { return nil }
        switch symbol {
        case "+", "-", "*", "/", "%":
            guard let left = left.double, let right = right.double else { return nil }
            let result =
                switch symbol {
                case "+": left + right
                case "-": left - right
                case "*": left * right
                case "/": left / right
                default: left.truncatingRemainder(dividingBy: right)
                }
            return result.isFinite ? .number(CosmosNumber.text(result)) : nil
        case "||":
            guard let left = left.string, let right = right.string else { return nil }
            return .string(left + right)
        default: break
        }
        // Values of two types are neither equal nor unequal.
        guard SQLOrder.rank(left) == SQLOrder.rank(right) else { return nil }
        if symbol == "=" { return .bool(SQLOrder.areEqual(left, right)) }
        if symbol == "!=" { return .bool(!SQLOrder.areEqual(left, right)) }
        guard left.array == nil, left.members == nil else { return nil }
        let order = SQLOrder.compare(left, right)
        return switch symbol {
        case "<": .bool(order < 0)
        case "<=": .bool(order <= 0)
        case ">": .bool(order > 0)
        default: .bool(order >= 0)
        }
    }

    /// An aggregate over documents.
    func aggregate(_ aggregate: SQLAggregate, _ documents: [JSON]) -> JSON? {
        let values = documents.compactMap { value(aggregate.operand, $0) }
        switch aggregate.name {
        case "Count": return .integer(values.count)
        case "Min": return values.min { SQLOrder.compare($0, $1) < 0 }
        case "Max": return values.max { SQLOrder.compare($0, $1) < 0 }
        default:
            let numbers = values.compactMap(\.double)
            guard numbers.count == values.count else { return nil }
            let sum = numbers.reduce(0, +)
            if aggregate.name == "Sum" { return .number(CosmosNumber.text(sum)) }
            return numbers.isEmpty ? nil : .number(CosmosNumber.text(sum / Double(numbers.count)))
        }
    }
}

/// The order of values: undefined, null, booleans, numbers, texts, arrays, objects.
enum SQLOrder {
    static func rank(_ value: JSON?) -> Int {
        switch value {
        case nil: 0
        case .null: 1
        case .bool: 2
        case .number: 3
        case .string: 4
        case .array: 5
        case .object: 6
        }
    }

    static func compare(_ left: JSON?, _ right: JSON?) -> Int {
        let (first, second) = (rank(left), rank(right))
        guard first == second, let left, let right else { return first - second }
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return (left ? 1 : 0) - (right ? 1 : 0)
        case (.number, .number):
            let (left, right) = (left.double ?? 0, right.double ?? 0)
            return left < right ? -1 : left > right ? 1 : 0
        case (.string(let left), .string(let right)):
            let (left, right) = (ByteString(left), ByteString(right))
            return left < right ? -1 : right < left ? 1 : 0
        default: return 0
        }
    }

    static func areEqual(_ left: JSON, _ right: JSON) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { areEqual($0.0, $0.1) }
        case (.object(let first), .object(let second)):
            first.count == second.count
                && first.allSatisfy { member in right[member.name].map { areEqual(member.value, $0) } ?? false }
        default: rank(left) == rank(right) && compare(left, right) == 0 && rank(left) < 5
        }
    }
}
