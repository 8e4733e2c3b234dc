internal import CutoverBlockingLanes
internal import MigrationCore

extension TenantLog {
    /// Appends events, together with what others append meanwhile.
    func append(
        _ parts: [StreamAppend],
        epoch: Epoch,
        at time: WallTime,
        _ capabilities: EventStoreCapabilities
    ) async throws(StoreError) -> AppendResult {
        try await queue.result(of: parts, epoch: epoch, at: time) { [self] items in
            await commit(items, capabilities)
        }
    }

    /// Carries out a group and answers its works: with what each was decided to be, or with what went wrong for all of them.
    private func commit(_ items: [AppendQueue.Item], _ capabilities: EventStoreCapabilities) async {
        do throws(StoreError) {
            try await change { (log) async throws(StoreError) -> Change<Void> in
                let there = try await log.events(of: items)
                let group = AppendGroup(
                    log.current,
                    there: there,
                    tenant: tenant,
                    store: store,
                    capabilities: capabilities
                )
                for item in items { _ = item.work.run(in: group) }
                return group.change
            }
            committed()
            for item in items { item.work.finish() }
        } catch {
            if items.count > 1, error.mayBeOfOneAppend {
                for item in items { await commit([item], capabilities) }
            } else {
                for item in items { item.work.fail(with: error) }
            }
        }
    }

    /// The events of the log with ids of a group.
    private func events(of items: [AppendQueue.Item]) async throws(StoreError) -> [EventID: StoredEvent] {
        let known = current
        let positions = items.flatMap { $0.ids.compactMap { known.position(of: $0) } }
        let found = try await events(at: positions)
        return Dictionary(uniqueKeysWithValues: found.values.map { ($0.id, $0) })
    }
}

extension StoreError {
    /// Whether one append of a group may be the reason, so that the others are worth an attempt of their own. What was applied
    /// nevertheless is found by its ids.
    fileprivate var mayBeOfOneAppend: Bool {
        switch code.category {
        case .caller, .conflict, .data, .routing: true
        case .transient, .authorization, .indeterminate: false
        }
    }
}
