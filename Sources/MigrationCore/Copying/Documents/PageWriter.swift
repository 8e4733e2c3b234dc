/// Carries out what a ``DocumentBatch`` decides.
struct PageWriter: Sendable {
    let copier: DocumentCopier
    let defaultLifetime: Lifetime
    let retrier: Retrier
    let reporter: ProgressReporter

    private var target: any DocumentStore { copier.target }

    /// Writes documents and says how each one ended.
    func write(_ documents: [StoredDocument]) async throws(StoreError) -> PageEnd {
        var batch = DocumentBatch(
            documents,
            mode: copier.configuration.mode,
            defaultLifetime: defaultLifetime,
            now: copier.now(),
            maximumRounds: max(3, copier.configuration.retry.maximumAttempts),
            maximumWrites: copier.configuration.maximumPageDocuments,
            maximumBytes: copier.configuration.maximumBatchBytes
        )
        var schedule = RetrySchedule(copier.configuration.retry, startingAt: copier.timeline.now)
        var random = copier.random
        while true {
            switch batch.nextAction() {
            case .finished: return batch.end
            case .read(let keys): batch.record(found: try await read(keys))
            case .write(let writes):
                try await copier.rate?.acquire(items: writes.count, bytes: writes.reduce(0) { $0 + $1.byteCount })
                // Throwing means that nothing was applied, so the same conditional writes may be made again.
                let outcomes = try await retrier(repeatsUnknown: false, onRetry: { _ in reporter.retry() }) {
                    () throws(StoreError) in try await target.writeBatch(writes)
                }
                try batch.record(outcomes: outcomes)
            }
            guard let hiccup = batch.hiccup else { continue }
            reporter.retry()
            let decision = schedule.decide(
                after: hiccup,
                at: copier.timeline.now,
                repeatsUnknown: true,
                random: &random
            )
            guard case .retry(let wait) = decision else {
                // What stays open is resolved by reading, and bounded by the batch itself.
                if hiccup.code == .outcomeUnknown || !hiccup.code.isRetryable { continue }
                throw hiccup
            }
            if hiccup.code == .throttled { copier.rate?.holdOff(for: wait) }
            try await copier.timeline.sleep(for: wait)
        }
    }

    /// Says how documents would end, without writing.
    func foretell(_ documents: [StoredDocument]) async throws(StoreError) -> PageEnd {
        let now = copier.now()
        var end = PageEnd()
        for (document, found) in zip(documents, try await read(documents.map(\.key))) {
            let lifetime = document.expiresAt.map { Lifetime.until($0) } ?? defaultLifetime
            let write = DocumentWrite.put(document.document, to: document.key, lifetime: lifetime)
            let check = Result { () throws(StoreError) in
                try DocumentRules.check(write, capabilities: target.capabilities)
            }
            switch (found, check) {
            case _ where document.expiresAt.map { $0 <= now } ?? false: end.skipped += 1
            case (_, .failure(let error)), (.failure(let error), _): end.failed.append((document, error))
            case (.success(nil), _): end.written += 1
            case (.success(let stored?), _):
                let isSkipped = copier.configuration.mode == .insertIfAbsent || stored.holdsTheSame(as: document)
                if isSkipped { end.skipped += 1 } else { end.written += 1 }
            }
        }
        return end
    }

    /// Reads from the target; a document that does not parse there is the failure of that one only.
    private func read(_ keys: [DocumentKey]) async throws(StoreError) -> [Result<StoredDocument?, StoreError>] {
        do throws(StoreError) {
            let found = try await retrier(repeatsUnknown: true, onRetry: { _ in reporter.retry() }) {
                () throws(StoreError) in try await target.readMany(keys)
            }
            guard found.count == keys.count else {
                throw StoreError(
                    .internalInconsistency,
                    "The target answered \(keys.count) keys with \(found.count) documents; its adapter is broken."
                )
            }
            return found.map { .success($0) }
        } catch {
            guard Self.concernsOneDocument(error) else { throw error }
        }
        var results: [Result<StoredDocument?, StoreError>] = []
        for key in keys {
            do throws(StoreError) {
                let found = try await retrier(repeatsUnknown: true, onRetry: { _ in reporter.retry() }) {
                    () throws(StoreError) in try await target.read(key)
                }
                results.append(.success(found))
            } catch {
                guard Self.concernsOneDocument(error) else { throw error }
                results.append(.failure(error))
            }
        }
        return results
    }

    private static func concernsOneDocument(_ error: StoreError) -> Bool {
        [.corrupt, .invalidKey, .keyTooLong, .unsupported].contains(error.code)
    }
}

extension DocumentWrite {
    /// The size of what it stores.
    fileprivate var byteCount: Int {
        if case .put(let document, _) = action { document.byteCount } else { 0 }
    }
}
