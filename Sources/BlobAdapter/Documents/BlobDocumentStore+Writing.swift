internal import CutoverAzureTransport
public import MigrationCore

extension BlobDocumentStore {
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

    private func checkAndApply(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let blob = DocumentBlob(key: write.key, name: try names.name(of: write.key))
        try await definitions.require(write.key.collection)
        switch write.action {
        case .put(let document, .upsert):
            // Without a condition there is none that could be to blame.
            return try await put(document, blob, .always).outcome ?? .rejected(.skipped)
        case .put(let document, .insert): return try await put(document, blob, .missing).outcome ?? .rejected(.exists)
        case .put(let document, .ifMatches(let tag)):
            return try await put(document, blob, at: tag)
        case .put(let document, .replace):
            return try await againAndAgain(blob) { () async throws(StoreError) -> WriteOutcome? in
                guard let current = try await gateway.properties(blob.name, blob.key.collection) else {
                    return .rejected(.notFound)
                }
                return try await put(document, blob, .version(current.tag)).outcome
            }
        case .patch(let operations, let tag): return try await patch(operations, blob, at: tag)
        case .delete(let tag):
            return try await gateway.delete(blob.name, ifMatches: tag, write.key.collection, store: id)
        }
    }

    private func put(_ document: Document, _ blob: DocumentBlob, at tag: ETag) async throws(StoreError) -> WriteOutcome
    {
        guard BlobTag.isPossible(tag.text), let outcome = try await put(document, blob, .version(tag)).outcome else {
            return try await gateway.mismatch(blob.name, blob.key.collection)
        }
        return outcome
    }

    /// Reads, changes and writes back under the version that was read, so that nothing of another writer is lost.
    private func patch(
        _ operations: [PatchOperation],
        _ blob: DocumentBlob,
        at tag: ETag?
    ) async throws(StoreError) -> WriteOutcome {
        try await againAndAgain(blob) { () async throws(StoreError) -> WriteOutcome? in
            guard let current = try await find(blob.key) else { return .rejected(.notFound) }
            if let tag, tag != current.etag { return .rejected(.etagMismatch(current: current.etag)) }
            let document = try operations.applied(to: current.document)
            try DocumentRules.check(document, for: blob.key, capabilities: capabilities)
            return try await put(document, blob, .version(current.etag)).outcome
        }
    }

    /// Tries until no other writer comes in between.
    private func againAndAgain(
        _ blob: DocumentBlob,
        _ attempt: () async throws(StoreError) -> WriteOutcome?
    ) async throws(StoreError) -> WriteOutcome {
        try await ContendedWrite(
            timeline: environment.timeline,
            deadline: configuration.deadline,
            random: environment.random
        ).run(blob.key.collection, attempt)
    }

    private func put(
        _ document: Document,
        _ blob: DocumentBlob,
        _ condition: BlobGateway.PutCondition
    ) async throws(StoreError) -> BlobGateway.PutEnd {
        try await gateway.write(
            DocumentBody.call(document, named: blob.name),
            condition,
            stamp: environment.random.stamp(),
            blob.key.collection,
            store: id
        )
    }
}

/// The place of a document: its key and the name of its blob.
struct DocumentBlob: Sendable {
    let key: DocumentKey
    let name: String
}
