import InMemoryAdapter
import MigrationCore

extension SabotagedDocumentStore {
    func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        var write = try sabotaged(write)
        if case .patch(let operations, let tag) = write.action {
            switch sabotage {
            case .patchIsPartial where operations.count > 1: return try await patchOneByOne(operations, tag, write)
            case .patchReadsThenWrites where tag == nil: return try await patchByReading(operations, write)
            default: break
            }
        }
        if sabotage == .tagConditionIsIgnored || sabotage == .tagIsAHashOfTheBody {
            write = try await withRealTag(write)
        }
        let outcome = try await call { [write] store throws(StoreError) in try await store.write(write) }
        return try await answer(outcome, to: write)
    }

    /// What goes to the inner store in place of the write.
    private func sabotaged(_ write: DocumentWrite) throws(StoreError) -> DocumentWrite {
        var write = write
        write.key = try key(write.key)
        switch (sabotage, write.action) {
        case (.insertOverwrites, .put(let document, .insert)): write.action = .put(document, .upsert)
        case (.replaceInserts, .put(let document, .replace)): write.action = .put(document, .upsert)
        case (.idOfBodyIsUnchecked, .put(var document, let condition)):
            if let id = document["_id"], id != write.key.id.value { document["_id"] = nil }
            write.action = .put(document, condition)
        case (.patchIgnoresTag, .patch(let operations, _)): write.action = .patch(operations, ifMatches: nil)
        case (.patchRenewsLifetime, .patch): write.lifetime = .forever
        default: break
        }
        return write
    }

    /// Puts the inner store's tag where the wrapper gave out another one, or where any will do.
    private func withRealTag(_ write: DocumentWrite) async throws(StoreError) -> DocumentWrite {
        guard let stored = try await inner.read(write.key) else { return write }
        func real(_ tag: ETag) -> ETag {
            sabotage == .tagConditionIsIgnored || tag == self.tag(tag, stored.document) ? stored.etag : tag
        }
        var write = write
        switch write.action {
        case .put(let document, .ifMatches(let tag)): write.action = .put(document, .ifMatches(real(tag)))
        case .delete(let tag?): write.action = .delete(ifMatches: real(tag))
        case .patch(let operations, let tag?) where sabotage == .tagIsAHashOfTheBody:
            write.action = .patch(operations, ifMatches: real(tag))
        default: break
        }
        return write
    }

    private func answer(_ outcome: WriteOutcome, to write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        switch outcome {
        case .applied(let tag?) where sabotage == .tagIsAHashOfTheBody:
            return .applied(try await inner.read(write.key).map { self.tag(tag, $0.document) } ?? tag)
        case .rejected(.notFound) where sabotage == .deleteOfNothingIsApplied:
            if case .delete = write.action { return .applied(nil) }
            return outcome
        default: return outcome
        }
    }

    private func patchOneByOne(
        _ operations: [PatchOperation],
        _ tag: ETag?,
        _ write: DocumentWrite
    ) async throws(StoreError) -> WriteOutcome {
        var outcome = WriteOutcome.rejected(.notFound)
        for (index, operation) in operations.enumerated() {
            outcome = try await inner.patch(write.key, [operation], ifMatches: index == 0 ? tag : nil)
            guard outcome.isApplied else { return outcome }
        }
        return outcome
    }

    private func patchByReading(
        _ operations: [PatchOperation],
        _ write: DocumentWrite
    ) async throws(StoreError) -> WriteOutcome {
        guard let stored = try await inner.read(write.key), stored.expiresAt == nil else {
            return try await inner.write(write)
        }
        let changed = try operations.applied(to: stored.document)
        await Task.yield()
        return try await inner.write(changed, to: write.key)
    }

    func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        if sabotage == .emptyBatchIsAccepted, writes.isEmpty { return [] }
        var mapped: [DocumentWrite] = []
        for write in writes { mapped.append(try sabotaged(write)) }
        if sabotage == .orderedBatchGoesOn { return try await inner.writeBatch(mapped, order: .unordered) }
        if sabotage == .batchIsReversed {
            return try await inner.writeBatch(mapped.reversed(), order: order).reversed()
        }
        switch sabotage {
        case .tagIsAHashOfTheBody, .tagConditionIsIgnored, .patchIsPartial, .patchReadsThenWrites,
            .deleteOfNothingIsApplied:
            return try await writeOneByOne(writes, order)
        default:
            return try await call { [mapped] store throws(StoreError) in
                try await store.writeBatch(mapped, order: order)
            }
        }
    }

    private func writeOneByOne(
        _ writes: [DocumentWrite],
        _ order: BatchOrder
    ) async throws(StoreError) -> [WriteOutcome] {
        // An empty batch and a closed store are the inner store's to refuse.
        guard !writes.isEmpty else { return try await inner.writeBatch([], order: order) }
        var outcomes: [WriteOutcome] = []
        var hasEnded = false
        for one in writes {
            if hasEnded {
                outcomes.append(.rejected(.skipped))
                continue
            }
            do {
                outcomes.append(try await write(one))
            } catch {
                guard error.code.category == .caller, error.code != .closed else { throw error }
                outcomes.append(.rejected(.invalid(error)))
            }
            hasEnded = order == .ordered && outcomes.last?.isApplied != true
        }
        return outcomes
    }

    func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        var mapped: [DocumentWrite] = []
        for write in writes { mapped.append(try sabotaged(write)) }
        let spans = mapped.contains { write in
            write.key.partition != mapped[0].key.partition || write.key.collection != mapped[0].key.collection
        }
        if (sabotage == .transactionIsPartial && !spans) || (sabotage == .transactionSpansPartitions && spans) {
            return try await transactOneByOne(mapped)
        }
        switch sabotage {
        case .tagIsAHashOfTheBody, .tagConditionIsIgnored:
            // Only single writes are sabotaged; a transaction would need the tags of its own writes.
            break
        default: break
        }
        return try await call { [mapped] store throws(StoreError) in try await store.transact(mapped) }
    }

    private func transactOneByOne(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        guard !writes.isEmpty, writes.count <= capabilities.maximumTransactionWrites else {
            return try await inner.transact(writes)
        }
        var tags: [ETag?] = []
        for (index, write) in writes.enumerated() {
            switch try await inner.write(write) {
            case .applied(let tag): tags.append(tag)
            case .rejected(let rejection): return .rejected(index: index, rejection)
            case .unknown(let error): return .unknown(error)
            }
        }
        return .applied(tags)
    }
}
