/// What a verification of a collection found.
public struct DocumentVerificationReport: VerificationReport {
    /// One range of hashes of keys.
    public struct RangeResult: Sendable, Hashable {
        /// Which range, from 0.
        public let index: Int
        /// How many documents of it the source holds, readable or not.
        public let sourceCount: Int64
        /// How many documents of it the target holds, readable or not.
        public let targetCount: Int64
        /// Whether nothing of it is wrong.
        public let isConsistent: Bool
    }

    /// Which collection.
    public let collection: CollectionName
    /// How deep it looked.
    public let level: ConsistencyVerifier.Level
    /// How much was compared in content, in percent.
    public let samplePercentage: Double
    /// How many documents the source holds, readable or not.
    public let sourceDocumentCount: Int64
    /// How many documents the target holds, readable or not.
    public let targetDocumentCount: Int64
    /// The sum over all documents of the source as they were scanned; the same on both sides when nothing differs.
    public let sourceDigest: HashSum
    /// The sum over all documents of the target as they were scanned.
    public let targetDigest: HashSum
    /// How many ranges of hashes were compared; 0 at the level `count`.
    public let rangesVerified: Int
    /// How many of them hold nothing that is wrong.
    public let rangesConsistent: Int
    /// The ranges that hold something wrong, up to the configured number.
    public let rangeResults: [RangeResult]
    public let sampleSize: Int64
    public let violationCount: Int64
    /// How many violations there are of each kind.
    public let violationTotals: [Violation.Kind: Int64]
    public let violations: [Violation]
    public let unknownCount: Int64
    /// How long it took.
    public let duration: Duration
}

extension DocumentVerificationReport {
    /// A page for people: the verdict, the counts, and how much is wrong. Keys are left out; they are in ``violations``.
    public var description: String {
        var lines = [
            "Collection \(collection), level \(level.rawValue): \(isConsistent ? "consistent" : "NOT consistent")"
        ]
        lines.append(
            "  documents  \(sourceDocumentCount) in the source, \(targetDocumentCount) in the target, \(sampleSize) compared"
        )
        lines.append("  ranges     \(rangesVerified), of which \(rangesConsistent) are consistent")
        if level != .count {
            lines.append("  source     \(sourceDigest)")
            lines.append("  target     \(targetDigest)")
        }
        if unknownCount > 0 { lines.append("  unknown    \(unknownCount) could not be checked") }
        lines.append(contentsOf: ViolationText.lines(violations, total: violationCount, by: violationTotals))
        return lines.joined(separator: "\n")
    }
}
