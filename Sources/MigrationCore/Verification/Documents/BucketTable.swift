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

    /// Six numbers of eight bytes, little-endian, for each bucket.
    var fields: Document {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.count * 48)
        for bucket in buckets {
            for number in bucket.sum.parts + [UInt64(bucket.documents), UInt64(bucket.unreadable)] {
                bytes.appendLittleEndian(number)
            }
        }
        return [
            "buckets": .binary(Binary(bytes: bytes)), "withoutKey": .int64(withoutKey), "summed": .int64(summed),
        ]
    }

    init() {}

    init?(fields: Document) {
        guard case .binary(let binary) = fields["buckets"], binary.bytes.count == Self.count * 48,
            let withoutKey = fields.int64("withoutKey"), let summed = fields.int64("summed")
        else { return nil }
        for index in buckets.indices {
            let numbers = (0..<6).map { part in
                let start = index * 48 + part * 8
                return binary.bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            guard let sum = HashSum(parts: numbers[..<4]), let documents = Int64(exactly: numbers[4]),
                let unreadable = Int64(exactly: numbers[5])
            else { return nil }
            buckets[index] = Bucket(sum: sum, documents: documents, unreadable: unreadable)
        }
        self.withoutKey = withoutKey
        self.summed = summed
    }
}
