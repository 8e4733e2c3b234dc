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
