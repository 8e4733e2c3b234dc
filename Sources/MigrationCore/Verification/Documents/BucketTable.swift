/// Sums and counts of one side of a collection, by hash ranges of the keys. Its size does not depend on the collection.
struct BucketTable: Sendable {
    /// How many hash ranges there are; a power of two.
    static let count = 4_096

    struct Bucket: Sendable, Hashable {
        var sum = HashSum()
        var documents: Int64 = 0
        var unreadable: Int64 = 0

        /// How many keys it has.
        var keys: Int64 { documents + unreadable }
    }

    private(set) var buckets = [Bucket](repeating: Bucket(), count: count)
    /// What does not parse and has no key that could be read.
    private(set) var withoutKey: Int64 = 0
    /// How many documents went into the sums.
    private(set) var summed: Int64 = 0

    static func index(of hash: UInt64) -> Int { Int(hash & UInt64(count - 1)) }

    /// Adds a page. Documents outside the sample are counted only.
    mutating func add(_ page: ScanPage, sample: VerificationSample, options: DigestOptions) {
        for document in page.documents {
            let hash = NameHash.of(document.key)
            let index = Self.index(of: hash)
            buckets[index].documents += 1
            buckets[index].sum += Self.leaf(of: document, hash: hash, sample: sample, options: options)
            if sample.contains(hash: hash) { summed += 1 }
        }
        for item in page.unreadable {
            guard let key = item.key else {
                withoutKey += 1
                continue
            }
            buckets[Self.index(of: NameHash.of(key))].unreadable += 1
        }
    }

    /// What a document adds: outside the sample its key alone, so that a missing one still shows.
    static func leaf(
        of document: StoredDocument,
        hash: UInt64,
        sample: VerificationSample,
        options: DigestOptions
    ) -> HashSum {
        let digest = sample.contains(hash: hash) ? document.document.canonicalDigest(options) : keyOnly
        return HashSum(document.key, digest)
    }

    private static let keyOnly = Document().canonicalDigest()

    /// All documents.
    var total: Bucket {
        buckets.reduce(into: Bucket()) { total, bucket in
            total.sum += bucket.sum
            total.documents += bucket.documents
            total.unreadable += bucket.unreadable
        }
    }

    /// The hash ranges that differ, or hold something unreadable.
    func suspects(comparedWith other: BucketTable) -> [Int] {
        buckets.indices.filter { index in
            buckets[index] != other.buckets[index] || buckets[index].unreadable + other.buckets[index].unreadable > 0
        }
    }
}

/// Which keys one scan collects: some hash ranges, or a part of a single one that is too large for one scan.
struct KeyFilter: Sendable, Hashable {
    private(set) var buckets: Set<Int>
    private(set) var bits = 0
    private(set) var value: UInt64 = 0

    func contains(_ hash: UInt64) -> Bool {
        guard buckets.contains(BucketTable.index(of: hash)) else { return false }
        return bits == 0 || hash >> 12 & (1 << UInt64(bits) - 1) == value
    }

    /// Shares hash ranges out among scans, so that none collects many more than `maximum` keys.
    ///
    /// - Parameter buckets: the ranges with the number of keys on both sides.
    static func plan(_ buckets: [(index: Int, keys: Int64)], maximum: Int) -> [KeyFilter] {
        var filters: [KeyFilter] = []
        var open = KeyFilter(buckets: [])
        var openKeys: Int64 = 0
        for (index, keys) in buckets {
            if keys > Int64(maximum) {
                var bits = 1
                while bits < 40, keys >> Int64(bits) > Int64(maximum) { bits += 1 }
                for value in 0..<(UInt64(1) << UInt64(bits)) {
                    filters.append(KeyFilter(buckets: [index], bits: bits, value: value))
                }
                continue
            }
            if openKeys + keys > Int64(maximum), !open.buckets.isEmpty {
                filters.append(open)
                open = KeyFilter(buckets: [])
                openKeys = 0
            }
            open.buckets.insert(index)
            openKeys += keys
        }
        if !open.buckets.isEmpty { filters.append(open) }
        return filters
    }
}
