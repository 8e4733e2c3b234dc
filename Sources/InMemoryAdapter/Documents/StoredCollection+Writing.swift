internal import MigrationCore

extension StoredCollection {
    /// Applies one write that the rules have accepted.
    ///
    /// - Throws: as ``DocumentStore/write(_:)`` for a patch that cannot be applied; then nothing was changed.
    func apply(
        _ write: DocumentWrite,
        now: WallTime,
        capabilities: DocumentStoreCapabilities,
        tags: inout ETagSource
    ) throws(StoreError) -> WriteOutcome {
        let key = ItemKey(write.key)
        let index = index(of: key)
        let current = index.flatMap { slots[$0].document }.flatMap { $0.isExpired(at: now) ? nil : $0 }
        switch write.action {
        case .put(let document, let condition):
            if let rejection = condition.rejection(for: current) { return .rejected(rejection) }
            let expiry = write.lifetime.expiry(from: now, default: definition.defaultLifetime)
            return store(document, write.key, key, at: index, expiry, now: now, &tags)

        case .patch(let operations, let tag):
            guard let current else { return .rejected(.notFound) }
            if let tag, tag != current.etag { return .rejected(.etagMismatch(current: current.etag)) }
            let document = try operations.applied(to: current.document)
            try DocumentRules.check(document, for: write.key, capabilities: capabilities)
            let expiry =
                write.lifetime == .collectionDefault
                ? current.expiresAt : write.lifetime.expiry(from: now, default: nil)
            return store(document, write.key, key, at: index, expiry, now: now, &tags)

        case .delete(let tag):
            guard let current else { return .rejected(.notFound) }
            if let tag, tag != current.etag { return .rejected(.etagMismatch(current: current.etag)) }
            remove(key)
            return .applied(nil)
        }
    }

    private func store(
        _ document: Document,
        _ documentKey: DocumentKey,
        _ key: ItemKey,
        at index: Int?,
        _ expiry: WallTime?,
        now: WallTime,
        _ tags: inout ETagSource
    ) -> WriteOutcome {
        for unique in uniqueIndexes {
            guard let holder = unique.holder(of: document), holder != key else { continue }
            guard self[holder]?.isExpired(at: now) == true else {
                return .rejected(.uniqueIndex(name: unique.definition.name))
            }
            remove(holder)
        }
        var index = index
        if let known = index, slots[known].document?.isExpired(at: now) == true {
            remove(key)
            index = nil
        }
        let tag = tags.next()
        put(StoredDocument(key: documentKey, document: document, etag: tag, expiresAt: expiry), key, at: index)
        return .applied(tag)
    }
}

extension WriteCondition {
    /// Why the condition does not hold; `nil` when it does.
    fileprivate func rejection(for current: StoredDocument?) -> Rejection? {
        switch (self, current) {
        case (.upsert, _), (.insert, nil), (.replace, .some): nil
        case (.insert, .some): .exists
        case (.replace, nil), (.ifMatches, nil): .notFound
        case (.ifMatches(let tag), .some(let current)):
            tag == current.etag ? nil : .etagMismatch(current: current.etag)
        }
    }
}

extension Lifetime {
    /// When a document that is written now expires; `nil` for never.
    fileprivate func expiry(from now: WallTime, default lifetime: Duration?) -> WallTime? {
        switch self {
        case .forever: return nil
        case .until(let time): return time
        case .collectionDefault:
            guard let lifetime else { return nil }
            let (seconds, attoseconds) = lifetime.components
            let (milliseconds, overflows) = seconds.multipliedReportingOverflow(by: 1000)
            guard !overflows else { return nil }
            let (end, isNever) = now.millisecondsSinceEpoch.addingReportingOverflow(
                milliseconds + attoseconds / 1_000_000_000_000_000
            )
            return isNever ? nil : WallTime(millisecondsSinceEpoch: end)
        }
    }
}
