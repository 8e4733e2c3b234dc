import MigrationCore

/// The store of a control plane whose writes are steps with points.
///
/// The change of a route is named after what it does, such as `control.begin-cutover`, `control.cutover`, `control.abort`;
/// a route whose history is taken out of it is `control.settle`. Other documents go by their collection, such as
/// `control.leases`.
struct PointedDocumentStore<Store: DocumentStore>: DocumentStore {
    let store: Store
    /// The name of the store's file; `nil` for a store on a server.
    let file: String?

    var id: StoreID { store.id }
    var capabilities: DocumentStoreCapabilities { store.capabilities }

    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await CrashPoints.shared.step("control." + name(of: write), on: file) { () async throws(StoreError) in
            try await store.write(write)
        }
    }

    private func name(of write: DocumentWrite) -> String {
        let collection = String(write.key.collection.text.split(separator: "_").last ?? "")
        guard collection == "routes", case .put(let route, _) = write.action,
            case .array(let pending)? = route["pending"]
        else { return collection }
        guard case .document(let entry)? = pending.last, case .string(let operation)? = entry["operation"] else {
            return "settle"
        }
        return operation.replacing(" ", with: "-")
    }

    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await store.writeBatch(writes, order: order)
    }

    func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await store.transact(writes)
    }

    func read(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? { try await store.read(key) }

    func readMany(_ keys: [DocumentKey]) async throws(StoreError) -> [StoredDocument?] {
        try await store.readMany(keys)
    }

    func query(
        _ query: DocumentQuery,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> DocumentPage {
        try await store.query(query, after: continuation, pageSize: pageSize)
    }

    func count(
        _ collection: CollectionName,
        partition: PartitionKey?,
        where filter: Filter
    ) async throws(StoreError) -> Int {
        try await store.count(collection, partition: partition, where: filter)
    }

    func scan(
        _ range: ScanRange,
        after continuation: Continuation?,
        pageSize: Int
    ) async throws(StoreError) -> ScanPage {
        try await store.scan(range, after: continuation, pageSize: pageSize)
    }

    func scanRanges(of collection: CollectionName, maximumCount: Int) async throws(StoreError) -> [ScanRange] {
        try await store.scanRanges(of: collection, maximumCount: maximumCount)
    }

    func collections() async throws(StoreError) -> [CollectionDefinition] { try await store.collections() }

    func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await store.ensureCollection(definition)
    }

    func close() async { await store.close() }
}
