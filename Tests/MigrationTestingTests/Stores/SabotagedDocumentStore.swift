import InMemoryAdapter
import MigrationCore
import MigrationTesting

/// The in-memory document store behind a wrapper that breaks one promise, for testing the suite that tests stores.
final class SabotagedDocumentStore: ChangeFeed, ExpiringStore {
    let sabotage: DocumentSabotage
    let inner: InMemoryDocumentStore

    init(_ sabotage: DocumentSabotage, clock: ManualWallClock) {
        self.sabotage = sabotage
        let start = clock.now
        let isFrozen = sabotage == .expiredIsVisible
        inner = InMemoryDocumentStore(now: { isFrozen ? start : clock.now })
    }

    var id: StoreID { inner.id }
    var capabilities: DocumentStoreCapabilities { inner.capabilities }

    func close() async {
        if sabotage != .closeIsIgnored { await inner.close() }
    }

    /// Runs a call on the inner store; beyond the reach of cancellation when that is the sabotage.
    func call<Result: Sendable>(
        _ body: @escaping @Sendable (InMemoryDocumentStore) async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        guard sabotage == .cancellationIsIgnored else { return try await body(inner) }
        let task = Task { [inner] in
            do throws(StoreError) {
                return Swift.Result<Result, StoreError>.success(try await body(inner))
            } catch {
                return .failure(error)
            }
        }
        return try await task.value.get()
    }

    // MARK: Keys and bodies

    func key(_ key: DocumentKey) throws(StoreError) -> DocumentKey {
        do {
            switch sabotage {
            case .longIDIsCut:
                guard case .string(let text) = key.id.value else { return key }
                let id = DocumentID(String(decoding: text.utf8.prefix(1_023), as: UTF8.self))
                return DocumentKey(collection: key.collection, partition: key.partition, id: id)
            case .typedIDBecomesText:
                guard case .int32(let number) = key.id.value else { return key }
                return DocumentKey(collection: key.collection, partition: key.partition, id: DocumentID("\(number)"))
            case .absentPartitionBecomesNull:
                let components = key.partition.components.map { $0 == .absent ? .null : $0 }
                let partition = try PartitionKey(components: components)
                return DocumentKey(collection: key.collection, partition: partition, id: key.id)
            default: return key
            }
        } catch {
            throw StoreError(.invalidKey, "The key cannot be changed.")
        }
    }

    func stored(_ stored: StoredDocument, under key: DocumentKey? = nil) -> StoredDocument {
        var document = stored.document
        if sabotage == .integersAreNarrowed {
            for (name, value) in document {
                if case .int64(let number) = value, let narrow = Int32(exactly: number) {
                    document[name] = .int32(narrow)
                }
            }
        }
        return StoredDocument(
            key: key ?? stored.key,
            document: document,
            etag: tag(stored.etag, stored.document),
            expiresAt: stored.expiresAt
        )
    }

    func tag(_ tag: ETag, _ document: Document) -> ETag {
        sabotage == .tagIsAHashOfTheBody ? ETag("\(document.bson)") : tag
    }

    // MARK: Reading

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        let mapped = try self.key(key)
        return try await call { store throws(StoreError) in try await store.read(mapped) }.map {
            stored($0, under: key)
        }
    }

    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        var mapped: [DocumentKey] = []
        for key in keys { mapped.append(try self.key(key)) }
        if sabotage == .readManyLeavesOutMissing {
            return try await inner.readMany(mapped).compactMap(\.self)
        }
        let read = try await call { [mapped] store throws(StoreError) in try await store.readMany(mapped) }
        return zip(read, keys).map { document, key in document.map { stored($0, under: key) } }
    }

    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        var query = query
        switch sabotage {
        case .filterIsDropped: query.filter = .all
        case .filterTakesNullForMissing:
            if case .equal(let path, .null) = query.filter {
                query.filter = .or([.equal(path, nil), .not(.exists(path))])
            }
        case .partitionOfQueryIsIgnored: query.partition = nil
        case .limitIsIgnored: if (query.limit ?? 0) > 0 { query.limit = nil }
        case .negativeLimitMeansNone: if (query.limit ?? 0) < 0 { query.limit = nil }
        case .sortIsDropped: query.sort = []
        case .sortDirectionIsIgnored: query.sort = query.sort.map { SortField($0.path) }
        default: break
        }
        let page: DocumentPage
        do {
            let wanted = query
            page = try await call { store throws(StoreError) in
                try await store.query(wanted, after: continuation, pageSize: pageSize)
            }
        } catch {
            guard sabotage == .anyContinuationIsAccepted, error.code == .invalidContinuation else { throw error }
            page = try await inner.query(query, after: nil, pageSize: pageSize)
        }
        var documents = page.documents.map { stored($0) }
        if sabotage == .sortTiesAreReversed, let field = query.sort.first {
            documents = reversingTies(documents, field.path)
        }
        return DocumentPage(documents: documents, continuation: page.continuation)
    }

    private func reversingTies(_ documents: [StoredDocument], _ path: FieldPath) -> [StoredDocument] {
        var result: [StoredDocument] = []
        var run: [StoredDocument] = []
        for document in documents {
            if let last = run.last, !ValueOrder.areEqual(last.document[path: path], document.document[path: path]) {
                result += run.reversed()
                run = []
            }
            run.append(document)
        }
        return result + run.reversed()
    }

    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        let filter = sabotage == .countIgnoresFilter ? .all : filter
        return try await call { store throws(StoreError) in
            try await store.count(collection, partition: partition, where: filter)
        }
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        var size = pageSize
        if sabotage == .scanRepeatsADocument, continuation == nil, pageSize > 1 { size -= 1 }
        let page: ScanPage
        do {
            let size = size
            page = try await call { store throws(StoreError) in
                try await store.scan(range, after: continuation, pageSize: size)
            }
        } catch {
            guard sabotage == .anyContinuationIsAccepted, error.code == .invalidContinuation else { throw error }
            page = try await inner.scan(range, after: nil, pageSize: pageSize)
        }
        var documents = page.documents.map { stored($0) }
        if size < pageSize, let last = documents.last, page.continuation != nil { documents.append(last) }
        if sabotage == .scanSkipsADocument, page.continuation != nil { documents = documents.dropLast() }
        return ScanPage(documents: documents, continuation: page.continuation)
    }

    func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        let ranges = try await call { store throws(StoreError) in
            try await store.scanRanges(of: collection, maximumCount: maximumCount)
        }
        switch sabotage {
        case .rangesOverlap where ranges.count > 1: return Array(ranges.dropLast()) + [ranges[0]] + []
        case .rangesLeaveAGap where ranges.count > 1: return Array(ranges.dropLast())
        default: return ranges
        }
    }

    // MARK: Collections

    func collections() async throws(StoreError) -> [CollectionDefinition] {
        let collections = try await call { store throws(StoreError) in try await store.collections() }
        return sabotage == .collectionsAreUnordered ? collections.reversed() : collections
    }

    func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        var definition = definition
        if sabotage == .uniqueIndexIsDropped {
            for index in definition.indexes.indices { definition.indexes[index].isUnique = false }
        }
        do {
            let definition = definition
            try await call { store throws(StoreError) in try await store.ensureCollection(definition) }
        } catch {
            guard sabotage == .collectionMismatchIsIgnored, error.code == .collectionMismatch else { throw error }
        }
    }

    func purgeExpired(in collection: CollectionName, limit: Int) async throws(StoreError) -> Int {
        try await call { store throws(StoreError) in try await store.purgeExpired(in: collection, limit: limit) }
    }

    // MARK: Changes

    func changes(
        in collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int,
        waitingUpTo patience: Duration
    ) async throws(StoreError) -> ChangePage {
        let page = try await call { store throws(StoreError) in
            try await store.changes(in: collection, from: start, limit: limit, waitingUpTo: patience)
        }
        var changes = page.changes.map { change in
            guard case .written(let document) = change.kind else { return change }
            return DocumentChange(key: change.key, kind: .written(stored(document)), continuation: change.continuation)
        }
        switch sabotage {
        case .deletesAreMissingInFeed:
            changes.removeAll { if case .deleted = $0.kind { true } else { false } }
        case .feedIsReversed: changes.reverse()
        case .feedRunsAhead:
            // The continuation is that of the end, whatever the page holds.
            if changes.count == limit {
                return ChangePage(changes: changes, continuation: try await inner.currentContinuation(in: collection))
            }
        default: break
        }
        return ChangePage(changes: changes, continuation: page.continuation)
    }

    func currentContinuation(in collection: CollectionName) async throws(StoreError) -> Continuation {
        try await call { store throws(StoreError) in try await store.currentContinuation(in: collection) }
    }
}
