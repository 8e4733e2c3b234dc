internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// Removes many contents, up to 256 with one request.
    ///
    /// The removals are independent of each other; outcomes are in their order. Those that were not sent, because an earlier request
    /// failed or the task was cancelled, say so as *rejected* with the error.
    ///
    /// - Throws: `emptyBatch`, `invalidKey`, `keyTooLong`: then nothing was removed.
    public func delete(_ removals: [BlobRemoval]) async throws(StoreError) -> [WriteOutcome] {
        try await door.enter { () async throws(StoreError) -> [WriteOutcome] in
            guard !removals.isEmpty else {
                throw StoreError(.emptyBatch, "The batch has no removals; do not call the store for it.")
            }
            var outcomes = [WriteOutcome?](repeating: nil, count: removals.count)
            var sent: [(index: Int, name: String, tag: ETag?)] = []
            for (index, removal) in removals.enumerated() {
                let name = try blob(removal.name)
                if let tag = removal.tag, !BlobTag.isPossible(tag.text) {
                    outcomes[index] = try await gateway.mismatch(name)
                } else {
                    sent.append((index, name, removal.tag))
                }
            }
            let size = RemovalBatch.maximumCount
            let batches = stride(from: 0, to: sent.count, by: size).map {
                Array(sent[$0..<min($0 + size, sent.count)])
            }
            let ended = await ConcurrentCalls.each(batches, limit: configuration.maximumConcurrentRequests) {
                [gateway, environment, id] (batch) async throws(StoreError) -> [WriteOutcome] in
                try await gateway.remove(
                    batch.map { ($0.name, $0.tag) },
                    boundary: "batch_\(environment.random.stamp())",
                    store: id
                )
            }
            for (batch, result) in zip(batches, ended) {
                for (place, item) in batch.enumerated() {
                    switch result {
                    case .success(let some): outcomes[item.index] = some[place]
                    case .failure(let error): outcomes[item.index] = .rejected(.invalid(error.from(id)))
                    }
                }
            }
            return outcomes.map { $0 ?? .rejected(.skipped) }
        }
    }
}
