/// All or nothing, and time to live.
extension CosmosContainer {
    /// Carries out all of a body or nothing of it.
    func transaction(_ body: () throws(CosmosError) -> Void) throws(CosmosError) {
        let (logCount, historyCount, oldLSN) = (log.count, history.count, lsn)
        let rangeLSNs = ranges.map(\.lsn)
        undo = []
        do {
            try body()
            undo = nil
        } catch {
            let steps = undo ?? []
            undo = nil
            for step in steps.reversed() { takeBack(step.key, step.id, step.item) }
            order.removeAll { items[$0] == nil }
            log.removeLast(log.count - logCount)
            history.removeLast(history.count - historyCount)
            lsn = oldLSN
            for (index, old) in rangeLSNs.enumerated() { ranges[index].lsn = old }
            throw error
        }
    }

    private func takeBack(_ key: [KeyComponent], _ id: ByteString, _ old: CosmosItem?) {
        if let item = item(key, id) { drop(item) }
        guard let old else { return }
        items[old.serial] = old
        partitions[key, default: Partition()].serials[id] = old.serial
        if !(partitions[key]?.order.contains(old.serial) ?? false) { partitions[key]?.order.append(old.serial) }
        for unique in uniqueValues(old.body) { partitions[key]?.unique[unique] = old.serial }
    }

    /// The second from which a document is gone; nil if it stays.
    private func expiry(_ item: CosmosItem) -> Int64? {
        guard let ownDefault = definition["defaultTtl"]?.integer else { return nil }
        let seconds = item.body["ttl"]?.integer ?? ownDefault
        return seconds < 0 ? nil : item.written + Int64(seconds)
    }

    func noteExpiry(_ item: CosmosItem) {
        guard let expiry = expiry(item) else { return }
        nextExpiry = min(nextExpiry ?? expiry, expiry)
    }

    /// Looks at all documents again after the container's own time to live was changed.
    func refreshExpiry() {
        nextExpiry = nil
        for item in items.values { noteExpiry(item) }
    }

    /// Removes what has expired.
    func expire(at now: Moment) {
        guard let next = nextExpiry, next <= now.seconds else { return }
        nextExpiry = nil
        for serial in order {
            guard let item = items[serial], let expiry = expiry(item) else { continue }
            if expiry <= now.seconds {
                remove(item, at: now, isExpiry: true)
            } else {
                nextExpiry = min(nextExpiry ?? expiry, expiry)
            }
        }
    }
}
