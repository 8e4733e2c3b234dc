internal import CutoverAzureTransport
internal import MigrationCore

extension BlobContentStore {
    /// Lends the lease of a content, renewed as long as the body runs, and released after it.
    ///
    /// The body is cancelled when the lease can no longer be relied on: it was broken, or could not be renewed for two thirds of its
    /// duration on this machine's monotonic clock. Where the caller is cancelled, the lease ends by itself. See ``BlobLease`` for what
    /// a lease does not protect.
    ///
    /// - Parameters:
    ///   - name: under which name the content lies.
    ///   - duration: how long the lease outlives this process: 15 to 60 whole seconds.
    ///   - body: what to do meanwhile.
    /// - Returns: what the body returns; nil when somebody else holds the lease, and the body was not called.
    /// - Throws: what the body throws; `versionConflict` when the lease was lost before the body ended; as
    ///   ``acquireLease(of:for:)``.
    public func withLease<Value: Sendable>(
        of name: String,
        for duration: Duration = .seconds(60),
        _ body: @escaping @Sendable (BlobLease) async throws -> Value
    ) async throws -> Value? {
        let timeline = environment.timeline
        let start = timeline.now
        guard let lease = try await acquireLease(of: name, for: duration) else { return nil }
        let ended = await withTaskGroup(of: LeaseEnd<Value>.self) { group in
            group.addTask {
                do { return .done(.success(try await body(lease))) } catch { return .done(.failure(error)) }
            }
            group.addTask { [self] in
                await keep(lease, duration, since: start) ? .over : .lost
            }
            var result: Result<Value, any Error>?
            var isLost = false
            while let end = await group.next() {
                switch end {
                case .done(let ended): result = ended
                // A lease that is lost once the body has ended was held as long as it mattered.
                case .lost: isLost = result == nil
                case .over: continue
                }
                group.cancelAll()
            }
            return (result, isLost)
        }
        if !ended.1 { try? await release(lease) }
        switch ended {
        case (.success(let value)?, false): return value
        case (.failure(let error)?, false): throw error
        case (_, true):
            throw StoreError(
                .versionConflict,
                "The lease was lost while it was held; what was written without a condition may have met another writer."
            ).from(id)
        case (nil, false):
            throw StoreError(.internalInconsistency, "A task of a lease did not end; report this.").from(id)
        }
    }

    /// Renews a lease until the task is cancelled; returns false when it can no longer be relied on.
    private func keep(_ lease: BlobLease, _ duration: Duration, since start: Duration) async -> Bool {
        let timeline = environment.timeline
        var sure = start
        while true {
            do throws(StoreError) { try await timeline.sleep(for: duration / 3 - (timeline.now - sure)) } catch {
                return true
            }
            while true {
                let asked = timeline.now
                guard asked - sure < duration * 2 / 3 else { return false }
                do throws(StoreError) {
                    guard try await renew(lease, within: duration * 2 / 3 - (asked - sure)) else { return false }
                    sure = asked
                    break
                } catch {
                    if Task.isCancelled { return true }
                    do throws(StoreError) { try await timeline.sleep(for: duration / 30) } catch { return true }
                }
            }
        }
    }
}

/// How one of the two tasks around a lease has ended.
private enum LeaseEnd<Value: Sendable>: Sendable {
    case done(Result<Value, any Error>)
    /// The lease can no longer be relied on.
    case lost
    /// The renewals were cancelled.
    case over
}
