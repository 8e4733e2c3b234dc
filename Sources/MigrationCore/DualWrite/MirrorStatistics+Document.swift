extension ControlStore {
    private static let kind = "mirror"

    /// What all interceptors together have stored for a migration.
    func mirrorStatistics(of migration: MigrationID) async throws(StoreError) -> MirrorStatistics {
        guard let stored = try await documents.read(mirrorKey(migration)) else { return MirrorStatistics() }
        return try MirrorStatistics(stored.document, kind: ControlStore.kind)
    }

    /// Adds to what is stored for a migration.
    func add(_ statistics: MirrorStatistics, to migration: MigrationID) async throws(StoreError) {
        let key = mirrorKey(migration)
        while true {
            let stored = try await documents.read(key)
            let before = try stored.map { stored throws(StoreError) in
                try MirrorStatistics(stored.document, kind: ControlStore.kind)
            }
            let sum = (before ?? MirrorStatistics()) + statistics
            let tag = try await compareAndSwap(key, expecting: stored?.etag) { revision in
                var document = ControlDocument.make(ControlStore.kind, revision: revision)
                document["mirroredEvents"] = .int64(sum.mirroredEvents)
                document["leftToTail"] = .int64(sum.leftToTail)
                document["totalFailures"] = .int64(sum.totalFailures)
                document["skipped"] = .int64(sum.skipped)
                document.set("lastFailure", sum.lastFailure)
                return document
            }
            if tag != nil { return }
        }
    }

    private func mirrorKey(_ migration: MigrationID) -> DocumentKey { key(.progress, "mirror/\(migration)") }
}

extension MirrorStatistics {
    fileprivate init(_ document: Document, kind: String) throws(StoreError) {
        try ControlDocument.check(document, kind: kind)
        let reader = ControlReader(document: document, kind: kind)
        mirroredEvents = try reader.number("mirroredEvents")
        leftToTail = try reader.number("leftToTail")
        totalFailures = try reader.number("totalFailures")
        skipped = try reader.number("skipped")
        lastFailure = try reader.optionalText("lastFailure")
    }
}
