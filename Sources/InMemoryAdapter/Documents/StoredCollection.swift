internal import MigrationCore

/// The documents of one collection in numbered slots, with everything that changes together with them.
///
/// A document keeps its slot while it is replaced; one that was deleted and comes back gets a new one. Slots are in the order
/// of their numbers, so a page of a scan begins with one binary search. Used under the lock of its store only.
final class StoredCollection {
    struct Slot {
        let number: Int64
        /// `nil` after a delete, until ``tidy(now:)``.
        var document: StoredDocument?
    }

    private struct Step {
        let key: ItemKey
        let index: Int
        let previous: StoredDocument?
    }

    private(set) var definition: CollectionDefinition
    private(set) var slots: [Slot] = []
    private(set) var history: ChangeHistory
    /// The number of the next new slot.
    private(set) var nextNumber: Int64 = 1
    /// How many documents have an expiry.
    private(set) var expiringCount = 0
    private(set) var uniqueIndexes: [UniqueIndex] = []
    private var indexes: [ItemKey: Int] = [:]
    private var journal: (steps: [Step], lastChange: Int64)?
    private var tidyCount = 64

    init(_ definition: CollectionDefinition, historyLimit: Int) {
        self.definition = definition
        history = ChangeHistory(limit: historyLimit)
    }

    /// How many documents there are, expired ones included.
    var count: Int { indexes.count }

    /// The document under a key, expired or not.
    subscript(key: ItemKey) -> StoredDocument? {
        indexes[key].flatMap { slots[$0].document }
    }

    /// The index of the slot of a key; `nil` when nothing is stored under it. It stays what it is until `tidy(now:)` or the key's removal.
    func index(of key: ItemKey) -> Int? { indexes[key] }

    /// Stores a document in the slot of its key, whose index is given, or in a new one.
    func put(_ document: StoredDocument, _ key: ItemKey, at known: Int?) {
        let index = known ?? slots.count
        if known == nil {
            indexes[key] = index
            slots.append(Slot(number: nextNumber, document: nil))
            nextNumber += 1
        }
        exchange(at: index, key, with: document)
        history.append(key, document.etag)
    }

    /// Removes the document under a key, if there is one.
    func remove(_ key: ItemKey) {
        guard let index = indexes.removeValue(forKey: key) else { return }
        exchange(at: index, key, with: nil)
        history.append(key, nil)
    }

    private func exchange(at index: Int, _ key: ItemKey, with document: StoredDocument?) {
        let previous = slots[index].document
        slots[index].document = document
        journal?.steps.append(Step(key: key, index: index, previous: previous))
        if previous?.expiresAt != nil { expiringCount -= 1 }
        if document?.expiresAt != nil { expiringCount += 1 }
        for position in uniqueIndexes.indices {
            if let previous { uniqueIndexes[position].remove(previous.document) }
            if let document { uniqueIndexes[position].add(document.document, key) }
        }
    }
}

extension StoredCollection {
    /// Begins to keep what is needed to take everything back.
    func begin() { journal = ([], history.last) }

    /// Ends a transaction; what was done stays.
    func commit() { journal = nil }

    /// Ends a transaction; everything is as it was, slots included.
    func rollBack() {
        guard let (steps, lastChange) = journal else { return }
        journal = nil
        for step in steps.reversed() {
            indexes[step.key] = step.previous == nil ? nil : step.index
            exchange(at: step.index, step.key, with: step.previous)
        }
        history.takeBack(to: lastChange)
    }
}

extension StoredCollection {
    /// Removes expired documents, at most `limit`, and says how many.
    func removeExpired(now: WallTime, limit: Int = .max) -> Int {
        guard expiringCount > 0 else { return 0 }
        var removed = 0
        for slot in slots where removed < limit {
            guard let document = slot.document, document.isExpired(at: now) else { continue }
            remove(ItemKey(document.key))
            removed += 1
        }
        return removed
    }

    /// Removes expired documents and closes gaps, once the slots have doubled or half of them are empty.
    func tidy(now: WallTime) {
        history.tidy()
        let gaps = slots.count - count
        guard slots.count >= tidyCount || (gaps > 64 && gaps > count) else { return }
        _ = removeExpired(now: now)
        if slots.count > count {
            slots.removeAll { $0.document == nil }
            for (index, slot) in slots.enumerated() {
                if let document = slot.document { indexes[ItemKey(document.key)] = index }
            }
        }
        tidyCount = max(64, 2 * slots.count)
    }

    /// Takes over the default lifetime and the indexes that are new.
    ///
    /// - Throws: `invalidArgument` when two documents hold equal values of a new unique index; then nothing was changed.
    func adopt(_ new: CollectionDefinition, now: WallTime) throws(StoreError) {
        let known = Set(definition.indexes.map(\.name))
        var added: [UniqueIndex] = []
        for index in new.indexes where index.isUnique && !known.contains(index.name) {
            var unique = UniqueIndex(index)
            for document in slots.lazy.compactMap(\.document) where !document.isExpired(at: now) {
                guard unique.holder(of: document.document) == nil else {
                    throw StoreError(
                        .invalidArgument,
                        "Two documents hold equal values of the new unique index '\(index.name)'; make them differ first.",
                        context: .init(collection: definition.name)
                    )
                }
                unique.add(document.document, ItemKey(document.key))
            }
            added.append(unique)
        }
        uniqueIndexes += added
        definition.indexes += new.indexes.filter { !known.contains($0.name) }
        definition.defaultLifetime = new.defaultLifetime
    }
}

extension StoredDocument {
    func isExpired(at now: WallTime) -> Bool {
        guard let expiresAt else { return false }
        return expiresAt.millisecondsSinceEpoch <= now.millisecondsSinceEpoch
    }
}
