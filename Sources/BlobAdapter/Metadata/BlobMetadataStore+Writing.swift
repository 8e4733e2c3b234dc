internal import CutoverAzureTransport
public import MigrationCore

extension BlobMetadataStore {
    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in try await checkAndApply(write) }
    }

    public func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await door.enter { () async throws(StoreError) -> [WriteOutcome] in
            try await DocumentBatch.apply(
                writes,
                order: order,
                limit: configuration.maximumConcurrentRequests,
                store: id
            ) { [self] (write) async throws(StoreError) in try await checkAndApply(write) }
        }
    }

    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await door.enter { () async throws(StoreError) -> TransactionOutcome in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
            throw StoreError(.unsupported, "This store has no transactions; write the documents one by one.")
        }
    }

    /// What is under a name.
    private struct Described {
        var tag: ETag
        var metadata: [String: String]

        var isDocument: Bool { MetadataForm.isDocument(metadata) }
        /// Whether the blob is there for its document only.
        var isEmpty: Bool { metadata[BlobMetadataStore.emptyMark] != nil }
    }

    /// The entry of a blob that was made for its document. Whoever uploads content replaces all metadata, and this with it.
    private static let emptyMark = "cutoverempty"

    private func described(_ key: DocumentKey) async throws(StoreError) -> Described? {
        guard let response = try await gateway.head(try names.name(of: key), key.collection) else { return nil }
        var metadata: [String: String] = [:]
        let prefix = "x-ms-meta-"
        for field in response.headers.fields where field.name.lowercased().hasPrefix(prefix) {
            metadata[String(field.name.lowercased().dropFirst(prefix.count))] = field.value
        }
        return Described(tag: try BlobGateway.tag(of: response, key.collection), metadata: metadata)
    }

    func find(_ key: DocumentKey) async throws(StoreError) -> StoredDocument? {
        try await described(key).flatMap { (found) throws(StoreError) in try stored(found, key) }
    }

    private func stored(_ found: Described, _ key: DocumentKey) throws(StoreError) -> StoredDocument? {
        guard found.isDocument else { return nil }
        do throws(DocumentError) {
            return StoredDocument(key: key, document: try MetadataForm.document(found.metadata), etag: found.tag)
        } catch {
            throw StoreError(
                .corrupt,
                "The metadata of a blob is no valid document; a scan lists it.",
                context: .init(collection: key.collection),
                underlying: error
            )
        }
    }

    /// Every write is under the version that was read before it, and is tried again when another writer came in between: metadata has
    /// no condition on being there.
    private func checkAndApply(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let name = try names.name(of: write.key)
        if names.folders[write.key.collection] == nil { try await definitions.require(write.key.collection) }
        return try await ContendedWrite(
            timeline: environment.timeline,
            deadline: configuration.deadline,
            random: environment.random
        ).run(write.key.collection) { () async throws(StoreError) -> WriteOutcome? in
            let found = try await described(write.key)
            let current = found?.isDocument == true ? found : nil
            func mismatch(_ tag: ETag?) -> WriteOutcome? {
                guard let tag else { return nil }
                return tag == current?.tag
                    ? nil : .rejected(current.map { .etagMismatch(current: $0.tag) } ?? .notFound)
            }
            switch write.action {
            case .put(let document, let condition):
                switch condition {
                case .upsert: break
                case .insert: if current != nil { return .rejected(.exists) }
                case .replace: if current == nil { return .rejected(.notFound) }
                case .ifMatches(let tag): if let outcome = mismatch(tag) { return outcome }
                }
                return try await put(document, write.key, name, over: found)
            case .patch(let operations, let tag):
                guard let found, let stored = try stored(found, write.key) else { return .rejected(.notFound) }
                if let outcome = mismatch(tag) { return outcome }
                let document = try operations.applied(to: stored.document)
                try DocumentRules.check(document, for: write.key, capabilities: capabilities)
                return try await put(document, write.key, name, over: found)
            case .delete(let tag):
                guard let current else { return .rejected(.notFound) }
                if let outcome = mismatch(tag) { return outcome }
                return try await remove(current, write.key, name)
            }
        }
    }

    private func put(
        _ document: Document,
        _ key: DocumentKey,
        _ name: String,
        over found: Described?
    ) async throws(StoreError) -> WriteOutcome? {
        var entries = try MetadataForm.entries(of: document, key)
        guard let found else {
            entries[Self.emptyMark] = "1"
            var call = BlobGateway.Call(operation: "create_described", method: .put, blob: name, body: .bytes([]))
            call.headers = ["x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"]
            return try await write(call, entries, .missing, key)
        }
        if found.isEmpty { entries[Self.emptyMark] = "1" }
        return try await write(metadata(name), entries, .version(found.tag), key)
    }

    /// A blob that is there for its document only goes with it; any other one keeps its content.
    private func remove(
        _ found: Described,
        _ key: DocumentKey,
        _ name: String
    ) async throws(StoreError) -> WriteOutcome? {
        guard found.isEmpty else {
            guard let outcome = try await write(metadata(name), [:], .version(found.tag), key) else { return nil }
            return outcome.isApplied ? .applied(nil) : outcome
        }
        let outcome = try await gateway.delete(name, ifMatches: found.tag, key.collection, store: id)
        return if case .rejected = outcome { nil } else { outcome }
    }

    private func metadata(_ name: String) -> BlobGateway.Call {
        BlobGateway.Call(operation: "set_metadata", method: .put, blob: name, query: [("comp", "metadata")])
    }

    private func write(
        _ call: BlobGateway.Call,
        _ entries: [String: String],
        _ condition: BlobGateway.PutCondition,
        _ key: DocumentKey
    ) async throws(StoreError) -> WriteOutcome? {
        var call = call
        for (name, value) in entries.sorted(by: { $0.key < $1.key }) { call.headers["x-ms-meta-\(name)"] = value }
        return try await gateway.write(
            call,
            condition,
            stamp: environment.random.stamp(),
            key.collection,
            store: id
        ).outcome
    }
}
