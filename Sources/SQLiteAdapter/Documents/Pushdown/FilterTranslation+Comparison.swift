internal import MigrationCore

extension FilterTranslation {
    /// One of the four operators that compare within a kind of values.
    enum Comparison: String {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="

        func accepts(_ ordering: Ordering) -> Bool {
            switch self {
            case .less: ordering == .less
            case .lessOrEqual: ordering != .greater
            case .greater: ordering == .greater
            case .greaterOrEqual: ordering != .less
            }
        }

        /// The answer for a value that is at this place of the order, as SQL.
        func answer(_ ordering: Ordering) -> String { accepts(ordering) ? "1" : "0" }
    }

    mutating func comparison(_ comparison: Comparison, _ operand: Value, at path: BodyPath) -> String? {
        let sign = comparison.rawValue
        switch operand {
        case .int32, .int64, .double, .decimal128: return number(comparison, operand, at: path)
        case .string(let text):
            return """
                CASE WHEN \(type(path)) IS NOT 'text' THEN 0 WHEN instr(\(json(path)), '\\u0000') THEN NULL \
                ELSE \(value(path)) \(sign) \(parameters.text(text)) END
                """
        case .bool(let flag):
            let accepted = [false, true].filter { comparison.accepts(ValueOrder.compare(.bool($0), .bool(flag))) }
            if accepted.isEmpty { return "0" }
            return "coalesce(\(json(path)) IN (\(parameters.texts(accepted.map { Value.bool($0).canonicalText }))), 0)"
        case .null, .undefined, .minKey, .maxKey:
            return comparison.accepts(.equal) ? "(\(json(path)) IS \(parameters.text(operand.canonicalText)))" : "0"
        case .date(let time):
            let text = value(path.member("$date", "$numberLong"))
            return "coalesce(CAST(\(text) AS INTEGER) \(sign) \(parameters.integer(time.millisecondsSinceEpoch)), 0)"
        case .objectID(let id):
            return "coalesce(\(value(path.member("$oid"))) \(sign) \(parameters.text(id.description)), 0)"
        case .timestamp(let timestamp):
            let seconds = "(\(value(path.member("$timestamp", "t"))), \(value(path.member("$timestamp", "i"))))"
            let operand =
                "(\(parameters.integer(Int64(timestamp.seconds))), \(parameters.integer(Int64(timestamp.increment))))"
            return "coalesce(\(seconds) \(sign) \(operand), 0)"
        case .array:
            return "CASE WHEN \(type(path)) = 'array' THEN NULL ELSE 0 END"
        case .document, .binary, .regularExpression, .dbPointer, .javaScript, .symbol, .javaScriptWithScope:
            return "CASE WHEN \(type(path)) = 'object' THEN NULL ELSE 0 END"
        }
    }

    /// Integers are compared as such, exactly. Doubles and decimals are texts that SQLite reads nearly exactly: near the
    /// operand, where that could make a difference, the answer is left open.
    private mutating func number(_ comparison: Comparison, _ operand: Value, at path: BodyPath) -> String? {
        guard let bounds = NumberBounds(operand) else { return nil }
        var cases: [String] = []
        let equal = bounds.equalTexts
        if !equal.isEmpty {
            cases.append("WHEN \(json(path)) IN (\(parameters.texts(equal))) THEN \(comparison.answer(.equal))")
        }
        guard let (low, high) = bounds.doubtful else {
            cases.append("WHEN coalesce(\(integer(path)), \(fraction(path))) IS NOT NULL THEN NULL")
            return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
        }
        let isBelow = comparison == .less || comparison == .lessOrEqual
        let bound = bounds.smallestInteger(thatIsGreater: comparison == .lessOrEqual || comparison == .greater)
        let answer =
            if let bound {
                "CAST(\(integer(path)) AS INTEGER) \(isBelow ? "<" : ">=") \(parameters.integer(bound))"
            } else {
                isBelow ? "1" : "0"
            }
        cases.append("WHEN \(integer(path)) IS NOT NULL THEN \(answer)")
        let (less, greater) = (comparison.answer(.less), comparison.answer(.greater))
        let (least, most) = (parameters.real(low), parameters.real(high))
        cases.append(
            """
            WHEN \(fraction(path)) IS NOT NULL THEN CASE \(fraction(path)) \
            WHEN 'NaN' THEN \(less) WHEN '-Infinity' THEN \(less) WHEN 'Infinity' THEN \(greater) \
            ELSE CASE min(max(CAST(\(fraction(path)) AS REAL), \(least)), \(most)) \
            WHEN \(least) THEN \(less) WHEN \(most) THEN \(greater) END END
            """
        )
        return "CASE \(cases.joined(separator: " ")) ELSE 0 END"
    }
}
