/// Queries, and the feed of all documents, page by page.
extension CosmosService {
    /// The most bytes of documents in a page.
    static let maximumPageBytes = 4 << 20

    /// Where a page begins. Clients take it for an opaque text.
    private struct Position {
        /// The last document that was looked at, or the rows that were given.
        var last = 0
        /// Whether the page without documents before this one was given.
        var wasEmpty = false
    }

    /// A page as it is being filled.
    private struct Page {
        var documents: [[UInt8]] = []
        var bytes = 0
        var last: Int
        var isWhole = true
    }

    func query(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState,
        readsAll: Bool
    )
        throws(CosmosError) -> Response
    {
        let query = readsAll ? nil : try CosmosQuery(try call.body(), rules)
        let named = try scope(call, container)
        if named == nil, let query {
            let allowsAll = call.flag("x-ms-documentdb-query-enablecrosspartition")
            guard allowsAll || !rules.holds("cosmos.key-needed") else {
                throw .badRequest(
                    "Cross partition query is required but disabled. Please set the header to true, or specify a key."
                )
            }
            if !query.statement.isStreaming, rules.holds("cosmos.plan-needed") { throw .planNeeded(query.plan) }
        }
        let scope = named ?? CosmosScope(ranges: container.ranges)
        try checkSession(call, container, scope.ranges, &state)
        if let first = scope.ranges.first { try admit(container, first, state) }
        let fingerprint = container.rid + (query?.fingerprint ?? "")
        let position = try position(call, fingerprint)
        let range = scope.ranges.count == 1 ? scope.ranges[0] : nil
        if state.settings.sendsEmptyPages, !position.wasEmpty {
            var response = answer(200, container, range, charge: 2.3, body: list(container, []))
            let next = Position(last: position.last, wasEmpty: true)
            response.set("x-ms-continuation", token(next, fingerprint))
            response.set("x-ms-item-count", "0")
            return response
        }
        let size = rules.holds("cosmos.page-size") ? call.pageSize ?? (call.wantsLargePages ? 1_000 : 100) : .max
        let page =
            if let query, !query.statement.isStreaming {
                try sorted(query, scope, position, size, container)
            } else {
                streamed(query, scope, position, size, container)
            }
        let charge = 2.3 + Double(page.documents.count) * 0.03 + Double(page.bytes) / 65_536
        var response = answer(200, container, range, charge: charge, body: list(container, page.documents))
        response.set("x-ms-item-count", String(page.documents.count))
        if !page.isWhole, rules.holds("cosmos.continuation") {
            response.set("x-ms-continuation", token(Position(last: page.last), fingerprint))
        }
        return response
    }

    /// The plan of a query, for clients that ask for it.
    func plan(_ call: CosmosCall) throws(CosmosError) -> Response {
        Response(200, json: try CosmosQuery(try call.body(), rules).plan)
    }

    /// A page of rows that each come from one document.
    private func streamed(
        _ query: CosmosQuery?,
        _ scope: CosmosScope,
        _ position: Position,
        _ size: Int,
        _ container: CosmosContainer
    ) -> Page {
        var page = Page(last: position.last)
        for serial in serials(scope, after: position.last, container) {
            guard let item = container.items[serial], scope.contains(item.place) else { continue }
            guard query?.matches(item.body) ?? true else { continue }
            guard page.documents.count < size, page.bytes < Self.maximumPageBytes else {
                page.isWhole = false
                break
            }
            page.last = serial
            var bytes = item.bytes
            if let query {
                guard let row = query.row(item.body) else { continue }
                if case .all = query.statement.selection {} else { bytes = row.bytes }
            }
            page.bytes += bytes.count
            page.documents.append(bytes)
        }
        return page
    }

    /// A page of rows that need all documents to be seen first.
    private func sorted(
        _ query: CosmosQuery,
        _ scope: CosmosScope,
        _ position: Position,
        _ size: Int,
        _ container: CosmosContainer
    ) throws(CosmosError) -> Page {
        let documents = serials(scope, after: 0, container).compactMap { serial in
            container.items[serial].flatMap { scope.contains($0.place) ? $0.body : nil }
        }
        let rows = try query.rows(documents)
        var page = Page(last: position.last)
        for row in rows.dropFirst(position.last) {
            guard page.documents.count < size, page.bytes < Self.maximumPageBytes else {
                page.isWhole = false
                break
            }
            let bytes = row.bytes
            page.bytes += bytes.count
            page.documents.append(bytes)
            page.last += 1
        }
        return page
    }

    private func token(_ position: Position, _ fingerprint: String) -> String {
        let json: JSON = [
            "query": .string(fingerprint), "last": .integer(position.last), "wasEmpty": .bool(position.wasEmpty),
        ]
        return Base64.encode(json.bytes)
    }

    private func position(_ call: CosmosCall, _ fingerprint: String) throws(CosmosError) -> Position {
        guard let text = call.header("x-ms-continuation"), !text.isEmpty else { return Position() }
        guard let json = Base64.decode(text).flatMap({ JSON(parsing: $0) }), let last = json["last"]?.integer,
            json["query"]?.string == fingerprint
        else { throw .badRequest("The continuation is not one of this query.") }
        return Position(last: last, wasEmpty: json["wasEmpty"]?.bool ?? false)
    }
}

extension CosmosError {
    static func planNeeded(_ plan: JSON) -> CosmosError {
        var error = badRequest(
            "The provided cross partition query can not be directly served by the gateway. This is a first chance "
                + "(internal) exception that all newer clients will know how to handle gracefully.",
            1004
        )
        error.plan = plan
        return error
    }
}
