internal import Crypto

/// How far a query has come: what its continuation holds.
///
/// Stores that evaluate queries themselves keep it as their continuation. It is bound to its query by a fingerprint, so that
/// a continuation of another query is refused.
package struct QueryCursor: Sendable {
    /// Where the last page ended.
    package enum Position: Sendable {
        /// In the store's own order, in the store's own terms.
        case stored(String)
        /// In a sorted query, at the last document: its sort values, and its key's texts.
        case sorted(values: [Value?], partition: String, id: String)
    }

    private let fingerprint: String
    /// How many documents all pages so far held.
    package var returned: Int
    /// Where the last page ended; `nil` before the first page.
    package var position: Position?

    /// Begins a query or goes on with it.
    ///
    /// - Throws: `invalidContinuation` for one that is damaged or of another query; `invalidArgument` for a negative limit or a
    ///   filter that is nested too deeply.
    package init(_ query: DocumentQuery, after continuation: Continuation?) throws(StoreError) {
        if let limit = query.limit, limit < 0 {
            throw StoreError(.invalidArgument, "The limit \(limit) is negative; leave it out for no limit.")
        }
        try query.filter.check()
        fingerprint = query.fingerprint
        returned = 0
        guard let continuation else { return }
        guard let document = try? Document(json: continuation.text), document["v"] == .int32(1),
            case .string(let mark) = document["q"], case .int64(let count) = document["n"], count >= 0,
            let position = Position(document)
        else { throw QueryCursor.invalid("is damaged") }
        guard mark == fingerprint else { throw QueryCursor.invalid("belongs to another query") }
        returned = Int(count)
        self.position = position
    }

    /// The continuation for the next page.
    package var continuation: Continuation {
        var document: Document = ["v": .int32(1), "q": .string(fingerprint), "n": .int64(Int64(returned))]
        switch position {
        case nil: break
        case .stored(let text): document["at"] = .string(text)
        case .sorted(let values, let partition, let id):
            // A missing value is an empty array, another one an array of one.
            document["last"] = .array(values.map { .array($0.map { [$0] } ?? []) })
            document["partition"] = .string(partition)
            document["id"] = .string(id)
        }
        return Continuation(text: document.json(.canonical))
    }

    private static func invalid(_ reason: String) -> StoreError {
        StoreError(.invalidContinuation, "The continuation \(reason); begin the query again without one.")
    }
}

extension QueryCursor.Position {
    fileprivate init?(_ document: Document) {
        if case .string(let text) = document["at"] {
            self = .stored(text)
            return
        }
        guard case .array(let last) = document["last"], case .string(let partition) = document["partition"],
            case .string(let id) = document["id"]
        else { return nil }
        var values: [Value?] = []
        for element in last {
            guard case .array(let content) = element, content.count <= 1 else { return nil }
            values.append(content.first)
        }
        self = .sorted(values: values, partition: partition, id: id)
    }
}

extension DocumentQuery {
    /// The same text for the same query, in every process.
    fileprivate var fingerprint: String {
        let description: Document = [
            "collection": .string(collection.text),
            "partition": partition.map { .string($0.text) } ?? .null,
            "filter": filter.encoded,
            "sort": .array(sort.map { [$0.path.encoded, .bool($0.direction == .ascending)] }),
            "limit": limit.map { .int64(Int64($0)) } ?? .null,
        ]
        return Hex.text(Array(SHA256.hash(data: description.bson).prefix(12)))
    }
}
