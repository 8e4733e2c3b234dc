/// Finds the keys that differ among those of some hash ranges, by one scan of each side.
struct SuspectSearch: Sendable {
    let source: CollectionScan
    let target: CollectionScan

    /// The keys that stand on one side only, differ, or cannot be read. Writes under way may make some of them look so.
    @concurrent
    func suspects(in filter: KeyFilter) async throws(StoreError) -> [DocumentKey] {
        let configuration = source.configuration
        var found: [DocumentKey: HashSum] = [:]
        var suspects: Set<DocumentKey> = []
        try await source.forEachPage { page in
            for (document, hash) in Self.selected(page, filter) {
                found[document.key] = BucketTable.leaf(
                    of: document,
                    hash: hash,
                    sample: configuration.sample,
                    options: configuration.digest
                )
            }
            suspects.formUnion(Self.unreadable(page, filter))
        }
        try await target.forEachPage { page in
            for (document, hash) in Self.selected(page, filter) {
                let leaf = BucketTable.leaf(
                    of: document,
                    hash: hash,
                    sample: configuration.sample,
                    options: configuration.digest
                )
                if found.removeValue(forKey: document.key) != leaf { suspects.insert(document.key) }
            }
            suspects.formUnion(Self.unreadable(page, filter))
        }
        suspects.formUnion(found.keys)
        return suspects.sorted { ($0.partition.text, $0.id.text) < ($1.partition.text, $1.id.text) }
    }

    private static func selected(_ page: ScanPage, _ filter: KeyFilter) -> [(StoredDocument, UInt64)] {
        page.documents.compactMap { document in
            let hash = NameHash.of(document.key)
            return filter.contains(hash) ? (document, hash) : nil
        }
    }

    private static func unreadable(_ page: ScanPage, _ filter: KeyFilter) -> [DocumentKey] {
        page.unreadable.compactMap(\.key).filter { filter.contains(NameHash.of($0)) }
    }
}
