internal import CutoverAzureTransport
internal import MigrationCore

/// The writes of a transaction, played through on what was read.
struct TransactionPlay {
    private struct Item {
        let original: CosmosDocumentStore.Found?
        var current: Document?
        var expiresAt: WallTime?
        var isChanged = false
        /// The last write that put something here.
        var lastPut: Int?
    }

    private let store: CosmosDocumentStore
    private let container: CosmosContainer
    private var items: [DocumentKey: Item] = [:]

    init(_ store: CosmosDocumentStore, _ container: CosmosContainer) {
        self.store = store
        self.container = container
    }

    mutating func add(_ key: DocumentKey, _ found: CosmosDocumentStore.Found?) {
        items[key] = Item(original: found, current: found?.document?.document, expiresAt: found?.expiresAt)
    }

    /// Plays the writes; returns the first that cannot be applied, and why.
    mutating func apply(_ writes: [DocumentWrite]) -> (Int, Rejection)? {
        for (index, write) in writes.enumerated() {
            do throws(StoreError) {
                try DocumentRules.check(write, capabilities: store.capabilities)
                _ = try ItemID.text(of: write.key.id, in: write.key.collection)
                if let rejection = try apply(write, index) { return (index, rejection) }
            } catch {
                return (index, .invalid(error.from(store.id)))
            }
        }
        return nil
    }

    private mutating func apply(_ write: DocumentWrite, _ index: Int) throws(StoreError) -> Rejection? {
        guard var item = items[write.key] else { return .notFound }
        func mismatch(_ tag: ETag) -> Rejection? {
            guard item.current != nil else { return .notFound }
            // What this transaction wrote has no version yet that anybody could know.
            guard !item.isChanged else { return .etagMismatch(current: nil) }
            let etag = item.original.map { ETag($0.etag) }
            return tag == etag ? nil : .etagMismatch(current: etag)
        }
        switch write.action {
        case .put(let document, let condition):
            switch condition {
            case .upsert: break
            case .insert: if item.current != nil { return .exists }
            case .replace: if item.current == nil { return .notFound }
            case .ifMatches(let tag): if let rejection = mismatch(tag) { return rejection }
            }
            item.current = document
            item.expiresAt = try store.expiry(of: write, in: container)
            item.lastPut = index
        case .patch(let operations, let tag):
            if let tag, let rejection = mismatch(tag) { return rejection }
            guard let current = item.current else { return .notFound }
            let document = try operations.applied(to: current)
            try DocumentRules.check(document, for: write.key, capabilities: store.capabilities)
            item.current = document
            if write.lifetime != .collectionDefault { item.expiresAt = try store.expiry(of: write, in: container) }
            item.lastPut = index
        case .delete(let tag):
            if let tag, let rejection = mismatch(tag) { return rejection }
            guard item.current != nil else { return .notFound }
            item.current = nil
            item.lastPut = nil
        }
        item.isChanged = true
        items[write.key] = item
        return nil
    }

    /// What has to be done: one change for each key, under the version that was read.
    func changes() throws(StoreError) -> [(DocumentKey, ItemChange)] {
        var changes: [(DocumentKey, ItemChange)] = []
        for (key, item) in items where item.isChanged {
            let kind: ItemChange.Kind
            switch (item.original, item.current) {
            case (nil, nil): continue
            case (nil, .some): kind = .insert
            case (let original?, .some): kind = .replaceVersion(original.etag)
            case (let original?, nil): kind = .deleteVersion(original.etag)
            }
            let expiresAt = store.configuration.keepsLifetimes ? item.expiresAt : nil
            changes.append((key, try store.change(kind, key, item.current, expiresAt: expiresAt, in: container)))
        }
        return changes
    }

    /// The version of each write; one that a later write of the transaction has replaced gets a tag that nothing will
    /// ever have.
    func tags(of writes: [DocumentWrite], _ written: [DocumentKey: ETag], _ stamp: String) -> [ETag?] {
        writes.enumerated().map { index, write in
            if case .delete = write.action { return nil }
            if items[write.key]?.lastPut == index, let tag = written[write.key] { return tag }
            return ETag("\"replaced-\(stamp)-\(index)\"")
        }
    }
}
