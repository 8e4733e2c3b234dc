internal import MigrationCore

extension StoredCollection {
    /// The documents from a slot on that a test accepts, at most `size`, and the slot of the next one.
    func page(
        from first: Int64,
        below end: Int64? = nil,
        size: Int,
        where accepts: (StoredDocument) -> Bool
    ) -> (documents: [StoredDocument], next: Int64?) {
        let range = first..<max(first, end ?? nextNumber)
        let (found, next) = page(from: range, size: size, where: accepts)
        return (found.map(\.document), next)
    }

    /// The documents in these slots that a test accepts, at most `size`, each with its slot, and the slot of the next one.
    func page(
        from range: Range<Int64>,
        size: Int,
        where accepts: (StoredDocument) -> Bool
    ) -> (documents: [(slot: Int64, document: StoredDocument)], next: Int64?) {
        var documents: [(slot: Int64, document: StoredDocument)] = []
        for slot in slots[index(of: range.lowerBound)...] {
            guard slot.number < range.upperBound else { break }
            guard let document = slot.document, accepts(document) else { continue }
            guard documents.count < size else { return (documents, slot.number) }
            documents.append((slot.number, document))
        }
        return (documents, nil)
    }

    /// The index of the first slot with this number or a greater one.
    private func index(of number: Int64) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The numbers at which to cut the collection into ranges of roughly equal size.
    func cuts(maximumCount: Int) -> [Int64] {
        let count = min(maximumCount, slots.count)
        guard count > 1 else { return [] }
        return (1..<count).map { slots[slots.count * $0 / count].number }
    }

    /// The changes after a number that are not superseded by a later one, at most `limit`, each with its own number.
    ///
    /// - Returns: them, and the number of the last change that was looked at.
    func changes(
        after point: Int64,
        limit: Int,
        now: WallTime
    ) -> (changes: [(number: Int64, key: ItemKey, document: StoredDocument?)], end: Int64) {
        var found: [(number: Int64, key: ItemKey, document: StoredDocument?)] = []
        var number = point
        while number < history.last, found.count < limit {
            number += 1
            let change = history[number]
            let current = self[change.key].flatMap { $0.isExpired(at: now) ? nil : $0 }
            guard change.etag == current?.etag else { continue }
            found.append((number, change.key, current))
        }
        return (found, number)
    }
}
