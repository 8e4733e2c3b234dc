internal import MigrationCore

/// How far a change feed has come: a point in each part of the container.
struct FeedPlace: Sendable {
    /// Everything between two effective keys.
    struct Part: Sendable, Hashable {
        var minimum: String
        var maximum: String
        /// The service's token, which is a number in quotes; nil at the beginning.
        var token: String?
        /// What was given already of the changes right behind the token: those of one transaction have one number.
        var seen: [String] = []
    }

    let collection: CollectionName
    /// The container that the tokens are of; nil for a collection that did not exist yet.
    var rid: String?
    /// From when on changes count, as a date of HTTP; nil from the beginning.
    var since: String?
    /// Whether the feed shows every version and deletes, in place of the latest version of what changed.
    var showsAllVersions = false
    /// The part that is asked next comes first.
    var parts: [Part]

    /// The beginning of a feed.
    init(_ collection: CollectionName, rid: String?) {
        self.collection = collection
        self.rid = rid
        parts = [Part(minimum: "", maximum: "FF")]
    }

    /// Reads a continuation.
    ///
    /// - Throws: `invalidContinuation` for one that is damaged or of another collection.
    init(_ continuation: Continuation, _ collection: CollectionName) throws(StoreError) {
        guard let document = try? Document(json: continuation.text), document["v"] == .int32(1),
            document["feed"] == .string(collection.text), case .array(let elements)? = document["parts"],
            !elements.isEmpty
        else { throw Self.invalid(collection) }
        self.init(collection, rid: nil)
        if case .string(let rid)? = document["rid"] { self.rid = rid }
        if case .string(let since)? = document["since"] { self.since = since }
        showsAllVersions = document["all"] == .bool(true)
        parts = []
        for element in elements {
            guard case .array(let values) = element, values.count >= 2, case .string(let minimum) = values[0],
                case .string(let maximum) = values[1]
            else { throw Self.invalid(collection) }
            var part = Part(minimum: minimum, maximum: maximum)
            if values.count > 2, case .string(let token) = values[2] { part.token = token }
            for case .string(let seen) in values.dropFirst(3) { part.seen.append(seen) }
            parts.append(part)
        }
    }

    var continuation: Continuation {
        var document: Document = ["v": 1, "feed": .string(collection.text)]
        if let rid { document.append("rid", .string(rid)) }
        if let since { document.append("since", .string(since)) }
        if showsAllVersions { document.append("all", true) }
        let elements = parts.map { part in
            Value.array(
                [.string(part.minimum), .string(part.maximum), part.token.map { .string($0) } ?? .null]
                    + part.seen.map { .string($0) }
            )
        }
        document.append("parts", .array(elements))
        return Continuation(text: document.json(.canonical))
    }

    /// Puts the first part behind the others, so that each has its turn.
    mutating func rotate() {
        if parts.count > 1 { parts.append(parts.removeFirst()) }
    }

    static func invalid(_ collection: CollectionName) -> StoreError {
        StoreError(
            .invalidContinuation,
            "The continuation is damaged or belongs to another feed; begin again from a scan.",
            context: .init(collection: collection)
        )
    }
}
