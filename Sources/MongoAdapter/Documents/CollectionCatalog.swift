internal import MigrationCore

/// What a store knows about its collections: their definitions, and that the server has what a write needs.
///
/// A default lifetime that another process changes is seen after a second at the latest.
final class CollectionCatalog: Sendable {
    static let collection = "cutover.collections"
    private static let validity = Duration.seconds(1)

    private let database: String
    private let timeline: Timeline
    private let known = Locked<[CollectionName: Entry]>([:])

    private struct Entry {
        var defaultLifetime: Duration?
        var readAt: Duration
        var hasExpiryIndex = false
    }

    init(database: String, timeline: Timeline) {
        self.database = database
        self.timeline = timeline
    }

    /// Checks that MongoDB has room for a name beside that of the database. Throws `keyTooLong`.
    static func check(_ name: CollectionName, database: String) throws(StoreError) {
        guard name.nameInMongoDB.utf8.count + database.utf8.count + 1 <= 255 else {
            throw StoreError(
                .keyTooLong,
                "The names of database and collection have more than MongoDB's 255 bytes together.",
                context: .init(collection: name)
            )
        }
    }

    /// The default lifetime of a collection, and with it what a write of an expiry needs in the server.
    func defaultLifetime(
        of name: CollectionName,
        writing writes: ArraySlice<DocumentWrite>,
        on client: MongoClient
    ) throws(StoreError) -> Duration? {
        let now = timeline.now
        var entry: Entry
        if let known = known.withLock({ $0[name] }), now - known.readAt < Self.validity {
            entry = known
        } else {
            let definition = try client.collectionDefinition(name, in: database)
            // The index is looked after anew, too: the collection may have been dropped.
            entry = Entry(defaultLifetime: definition?.defaultLifetime, readAt: now)
            keep(entry, for: name)
        }
        let lifetime = entry.defaultLifetime
        if !entry.hasExpiryIndex, writes.contains(where: { $0.mayExpire(default: lifetime) }) {
            try client.createExpiryIndex(on: name.nameInMongoDB, in: database)
            entry.hasExpiryIndex = true
            keep(entry, for: name)
        }
        return lifetime
    }

    private func keep(_ entry: Entry, for name: CollectionName) {
        known.withLock { known in
            if known.count > 10_000 { known = [:] }
            known[name] = entry
        }
    }

    /// Forgets what is known, after a definition was changed here.
    func forget(_ name: CollectionName) { known.withLock { $0[name] = nil } }
}

extension MongoClient {
    /// The TTL index: the server removes what has expired.
    func createExpiryIndex(on collection: String, in database: String) throws(StoreError) {
        try createIndexes(
            [
                [
                    "name": "cutoverExpiry", "key": .document([StoredForm.expiryPath: 1]), "expireAfterSeconds": 0,
                    "sparse": true,
                ]
            ],
            on: collection,
            in: database
        )
    }

    /// The definition that was given to a collection; nil when it has none.
    func collectionDefinition(_ name: CollectionName, in database: String) throws(StoreError) -> CollectionDefinition? {
        var definition: CollectionDefinition?
        unsafe try find(
            ["_id": .string(name.text)],
            in: CollectionCatalog.collection,
            of: database,
            options: ["limit": 1]
        ) { (bytes) throws(StoreError) in
            definition = try CollectionDefinition(stored: try unsafe Document(storedBSON: bytes))
            return false
        }
        return definition
    }
}

extension CollectionDefinition {
    /// Reads a document of `cutover.collections`.
    init(stored document: Document) throws(StoreError) {
        let damaged = StoreError(
            .corrupt,
            "The definition of a collection is damaged; correct or delete its document in cutover.collections."
        )
        guard case .string(let text)? = document["_id"], let name = try? CollectionName(text) else { throw damaged }
        var lifetime: Duration?
        switch document["defaultLifetime"] {
        case nil, .null?: break
        case .int64(let milliseconds)?: lifetime = .milliseconds(milliseconds)
        default: throw damaged
        }
        guard case .document(let settings)? = document["settings"],
            let definition = CollectionDefinition(name, defaultLifetime: lifetime, settings: settings)
        else { throw damaged }
        self = definition
    }

    /// The document of `cutover.collections`, without its `_id`.
    var storedFields: Document {
        [
            "defaultLifetime": defaultLifetime.map { .int64($0.wholeMilliseconds) } ?? .null,
            "settings": .document(settings),
        ]
    }
}
