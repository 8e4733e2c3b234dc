/// A query that was read, with its parameters.
struct CosmosQuery: Sendable {
    let statement: SQLStatement
    private let evaluation: SQLEvaluation
    private let filters: Bool
    private let sorts: Bool
    /// What tells this query from others, for its continuation.
    let fingerprint: String

    /// Reads the body of a request: the text of the query and its parameters.
    init(_ body: JSON, _ rules: Rules) throws(CosmosError) {
        guard let text = body["query"]?.string else { throw .badRequest("The request has no query.") }
        var parameters: [String: JSON] = [:]
        for parameter in body["parameters"]?.array ?? [] {
            guard let name = parameter["name"]?.string, let value = parameter["value"] else {
                throw .badRequest("A parameter of the query has no name or no value.")
            }
            parameters[name] = value
        }
        statement = try SQLParser.parse(text, parameters: parameters)
        evaluation = SQLEvaluation(parameters: parameters)
        filters = rules.holds("cosmos.query-filter")
        sorts = rules.holds("cosmos.query-order")
        let whole = text + (body["parameters"]?.text ?? "")
        fingerprint = String(Base64.encode(Signing.md5(Array(whole.utf8))).prefix(12))
    }

    func matches(_ document: JSON) -> Bool {
        guard filters, let filter = statement.filter else { return true }
        return evaluation.value(filter, document)?.bool == true
    }

    /// What the query makes of a document; nil if that is undefined.
    func row(_ document: JSON, _ aggregates: [JSON?] = []) -> JSON? {
        switch statement.selection {
        case .all: document
        case .value(let value, _): evaluation.value(value, document, aggregates)
        case .list(let list):
            .object(
                list.compactMap { entry in
                    evaluation.value(entry.value, document, aggregates).map { JSON.Member(entry.name, $0) }
                }
            )
        }
    }

    /// All rows that the query makes of these documents.
    func rows(_ documents: [JSON]) throws(CosmosError) -> [JSON] {
        var selected = documents.filter(matches)
        guard statement.aggregates.isEmpty else {
            guard statement.orders.isEmpty else { throw .syntax("ORDER BY with an aggregate") }
            let values = statement.aggregates.map { evaluation.aggregate($0, selected) }
            return row(.null, values).map { [$0] } ?? []
        }
        if !statement.orders.isEmpty, sorts {
            let keyed = selected.enumerated().map { index, document in
                (index, document, statement.orders.map { evaluation.value($0.value, document) })
            }
            selected = keyed.sorted { precedes($0, $1) }.map { $0.1 }
        }
        var rows = selected.compactMap { row($0) }
        if statement.isDistinct {
            var seen: Set<[UInt8]> = []
            rows = rows.filter { seen.insert(Self.canonical($0).bytes).inserted }
        }
        if let top = statement.top { rows = Array(rows.prefix(top)) }
        if let offset = statement.offset { rows = Array(rows.dropFirst(offset)) }
        if let limit = statement.limit { rows = Array(rows.prefix(limit)) }
        return rows
    }

    private func precedes(_ left: (Int, JSON, [JSON?]), _ right: (Int, JSON, [JSON?])) -> Bool {
        for (index, order) in statement.orders.enumerated() {
            let result = SQLOrder.compare(left.2[index], right.2[index])
            if result != 0 { return order.isDescending ? result > 0 : result < 0 }
        }
        return left.0 < right.0
    }

    /// The same value with its members in one order.
    private static func canonical(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements): .array(elements.map(canonical))
        case .object(let members):
            .object(members.map { JSON.Member($0.name, canonical($0.value)) }.sorted { $0.name < $1.name })
        default: value
        }
    }
}

/// What a client has to do with a query that the gateway does not serve over several ranges.
extension CosmosQuery {
    var plan: JSON {
        let ordered: [JSON] = statement.orders.map { $0.isDescending ? "Descending" : "Ascending" }
        var hasValue = false
        if case .value = statement.selection { hasValue = true }
        let distinct = !statement.isDistinct ? "None" : statement.orders.isEmpty ? "Unordered" : "Ordered"
        func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
        return [
            "partitionedQueryExecutionInfoVersion": 2,
            "queryInfo": [
                "distinctType": .string(distinct), "top": number(statement.top), "offset": number(statement.offset),
                "limit": number(statement.limit), "orderBy": .array(ordered),
                "orderByExpressions": .array(statement.orders.map { .string($0.text) }), "groupByExpressions": [],
                "groupByAliases": [], "aggregates": .array(statement.aggregates.map { .string($0.name) }),
                "groupByAliasToAggregateType": .object([]), "rewrittenQuery": .string(rewritten),
                "hasSelectValue": .bool(hasValue), "dCountInfo": .null, "hasNonStreamingOrderBy": false,
            ],
            "queryRanges": [["min": "", "max": "FF", "isMinInclusive": true, "isMaxInclusive": false]],
            "hybridSearchQueryInfo": .null,
        ]
    }

    /// The query that each range is asked.
    private var rewritten: String {
        var head = "SELECT "
        if statement.isDistinct { head += "DISTINCT " }
        if let top = statement.top { head += "TOP \(top) " }
        if statement.orders.isEmpty {
            head += statement.aggregates.isEmpty ? selectionText : aggregateText
        } else {
            let items = statement.orders.map { "{\"item\": \($0.text)}" }.joined(separator: ", ")
            head += "\(statement.alias)._rid, [\(items)] AS orderByItems, \(payloadText) AS payload"
        }
        var text = head + "\nFROM \(statement.fromText)"
        let placeholder = statement.orders.isEmpty ? nil : "({documentdb-formattableorderbyquery-filter})"
        let filters = [statement.filter == nil ? nil : "(\(statement.filterText))", placeholder].compactMap(\.self)
        if !filters.isEmpty { text += "\nWHERE " + filters.joined(separator: " AND ") }
        if !statement.orders.isEmpty {
            let orders = statement.orders.map { $0.text + ($0.isDescending ? " DESC" : " ASC") }
            text += "\nORDER BY " + orders.joined(separator: ", ")
        }
        if let offset = statement.offset, let limit = statement.limit {
            text += "\nOFFSET 0 LIMIT \(offset + limit)"
        }
        return text
    }

    private var selectionText: String {
        switch statement.selection {
        case .all: "*"
        case .value(_, let text): "VALUE " + text
        case .list(let list): list.map { "\($0.text) AS \($0.name)" }.joined(separator: ", ")
        }
    }

    private var payloadText: String {
        switch statement.selection {
        case .all: statement.alias
        case .value(_, let text): text
        case .list(let list): "{" + list.map { "\"\($0.name)\": \($0.text)" }.joined(separator: ", ") + "}"
        }
    }

    /// Each range answers with the parts that the client adds up.
    private var aggregateText: String {
        let items = statement.aggregates.map { aggregate in
            guard aggregate.name == "Average" else { return "{\"item\": \(aggregate.text)}" }
            let operand = aggregate.text.drop { $0 != "(" }
            return "{\"item\": {\"sum\": SUM\(operand), \"count\": COUNT\(operand)}}"
        }
        return "VALUE [\(items.joined(separator: ", "))]"
    }
}
