package import MigrationCore

/// A batch of writes where the service takes one request for each.
package enum DocumentBatch {
    /// Applies the writes and answers in their order. Writes of one key follow each other; an error of a write says that
    /// this write was not applied, and leaves the others alone.
    ///
    /// - Parameters:
    ///   - limit: the most requests that are under way at one time, where the order does not matter.
    ///   - store: what errors name.
    /// - Throws: `emptyBatch` when there are no writes.
    package static func apply(
        _ writes: [DocumentWrite],
        order: BatchOrder,
        limit: Int,
        store: StoreID,
        _ apply: @escaping @Sendable (DocumentWrite) async throws(StoreError) -> WriteOutcome
    ) async throws(StoreError) -> [WriteOutcome] {
        guard !writes.isEmpty else {
            throw StoreError(.emptyBatch, "The batch has no writes; do not call the store for it.")
        }
        return order == .ordered
            ? await inOrder(writes, store, apply) : await together(writes, limit: limit, store, apply)
    }

    private static func inOrder(
        _ writes: [DocumentWrite],
        _ store: StoreID,
        _ apply: @escaping @Sendable (DocumentWrite) async throws(StoreError) -> WriteOutcome
    ) async -> [WriteOutcome] {
        var outcomes: [WriteOutcome] = []
        for write in writes {
            let outcome = await outcome(of: write, store, apply)
            outcomes.append(outcome)
            guard outcome.isApplied else { break }
        }
        return outcomes + Array(repeating: .rejected(.skipped), count: writes.count - outcomes.count)
    }

    private static func together(
        _ writes: [DocumentWrite],
        limit: Int,
        _ store: StoreID,
        _ apply: @escaping @Sendable (DocumentWrite) async throws(StoreError) -> WriteOutcome
    ) async -> [WriteOutcome] {
        var groups: [DocumentKey: [Int]] = [:]
        for (index, write) in writes.enumerated() { groups[write.key, default: []].append(index) }
        let ended = await ConcurrentCalls.each(Array(groups.values), limit: limit) {
            (indices) async throws(StoreError) -> [(Int, WriteOutcome)] in
            var ended: [(Int, WriteOutcome)] = []
            for index in indices { ended.append((index, await outcome(of: writes[index], store, apply))) }
            return ended
        }
        var outcomes = [WriteOutcome](repeating: .rejected(.skipped), count: writes.count)
        for case .success(let group) in ended {
            for (index, outcome) in group { outcomes[index] = outcome }
        }
        return outcomes
    }

    private static func outcome(
        of write: DocumentWrite,
        _ store: StoreID,
        _ apply: @escaping @Sendable (DocumentWrite) async throws(StoreError) -> WriteOutcome
    ) async -> WriteOutcome {
        do throws(StoreError) {
            return try await apply(write)
        } catch {
            return .rejected(.invalid(error.from(store)))
        }
    }
}
