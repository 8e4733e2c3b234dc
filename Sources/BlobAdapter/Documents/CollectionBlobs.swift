internal import CutoverAzureTransport
internal import MigrationCore

/// The definitions of a store's collections, one JSON blob for each.
final class CollectionBlobs: Sendable {
    private let gateway: BlobGateway
    private let names: DocumentNames
    private let environment: AzureEnvironment
    private let limit: Int
    /// What errors name.
    private let store: StoreID
    private let known = Locked<Set<CollectionName>>([])

    /// - Parameter limit: how many definitions are read together.
    init(gateway: BlobGateway, names: DocumentNames, _ environment: AzureEnvironment, limit: Int, store: StoreID) {
        self.gateway = gateway
        self.names = names
        self.environment = environment
        self.limit = limit
        self.store = store
    }

    /// All definitions, in the order of their names.
    func all() async throws(StoreError) -> [CollectionDefinition] {
        var definitions: [CollectionDefinition] = []
        var marker: String?
        repeat {
            let listing = try await gateway.list(names.definitions, after: marker, size: 1_000)
            let known = listing.entries.compactMap { names.collection(ofDefinition: $0.name) }
            let found = await ConcurrentCalls.each(known, limit: limit) {
                [self] (name) async throws(StoreError) in try await definition(name)
            }
            for result in found {
                if let (definition, _) = try result.get() { definitions.append(definition) }
            }
            marker = listing.marker
        } while marker != nil
        return definitions.sorted { $0.name < $1.name }
    }

    /// Writes a definition, merged with the one that is there.
    func ensure(_ definition: CollectionDefinition) async throws(StoreError) {
        try definition.refuseUniqueIndexes()
        try definition.check()
        guard definition.defaultLifetime == nil else {
            throw StoreError(
                .unsupported,
                "This store has no expiry of documents; leave out the default lifetime.",
                context: .init(collection: definition.name)
            )
        }
        while try await !define(definition) {}
    }

    /// Throws `collectionNotFound` unless the collection was defined. What is known stays so: nothing here deletes a
    /// definition.
    func require(_ collection: CollectionName) async throws(StoreError) {
        guard !known.withLock({ $0.contains(collection) }) else { return }
        guard try await gateway.properties(names.definition(of: collection), collection) != nil else {
            throw StoreError(
                .collectionNotFound,
                "The collection does not exist; ensure it first.",
                context: .init(collection: collection)
            )
        }
        known.withLock { _ = $0.insert(collection) }
    }

    /// Writes the definition over the one that is there; false when another process was faster.
    private func define(_ definition: CollectionDefinition) async throws(StoreError) -> Bool {
        let existing = try await self.definition(definition.name)
        let merged = try existing?.definition.merged(with: definition) ?? definition
        if merged == existing?.definition { return true }
        guard !Task.isCancelled else { throw StoreError(.cancelled, "The task was cancelled; nothing was changed.") }
        var body: Document = ["name": .string(merged.name.text)]
        body.append("settings", .document(merged.settings))
        let end = try await gateway.write(
            DocumentBody.call(body, named: names.definition(of: merged.name)),
            existing.map { .version($0.tag) } ?? .missing,
            stamp: environment.random.stamp(),
            merged.name,
            store: store
        )
        switch end {
        case .refused: return false
        case .ended(.unknown(let error)): throw error
        case .ended: return true
        }
    }

    private func definition(
        _ name: CollectionName
    ) async throws(StoreError) -> (definition: CollectionDefinition, tag: ETag)? {
        guard let (bytes, tag) = try await gateway.content(names.definition(of: name), name) else { return nil }
        guard let body = try? DocumentBody.document(bytes), body["name"] == .string(name.text),
            case .document(let settings)? = body["settings"],
            let definition = CollectionDefinition(name, defaultLifetime: nil, settings: settings)
        else {
            throw StoreError(
                .corrupt,
                "The definition of a collection is damaged; correct or delete its blob.",
                context: .init(collection: name)
            )
        }
        return (definition, tag)
    }
}
