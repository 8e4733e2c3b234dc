/// How far the two scans of a verification of a collection are, with their sums.
///
/// Keep it with a ``CheckpointStore``, and hand it to the next call after a crash: the scans go on where they were. What is
/// found to differ at their end is read anew in any case.
public struct DocumentVerificationCheckpoint: Checkpoint {
    public static let kind = "document-verification"
    public static let version: Int32 = 1

    public let fields: Document

    public init?(fields: Document, version: Int32) {
        guard case .document = fields["subject"], case .document = fields["source"], case .document = fields["target"]
        else { return nil }
        self.fields = fields
    }

    /// What a verification is about; a checkpoint of another one is refused.
    private static func subject(
        _ collection: CollectionName,
        _ configuration: ConsistencyVerifier.Configuration
    ) -> Document {
        [
            "collection": .string(collection.text),
            "sample": .double(configuration.samplePercentage),
            "seed": .int64(Int64(bitPattern: configuration.sampleSeed)),
            "digest": .binary(Binary(bytes: Document().canonicalDigest(configuration.digest).bytes)),
        ]
    }

    init(
        _ collection: CollectionName,
        _ configuration: ConsistencyVerifier.Configuration,
        source: ScanProgress,
        target: ScanProgress
    ) {
        fields = [
            "subject": .document(Self.subject(collection, configuration)),
            "source": .document(source.fields),
            "target": .document(target.fields),
        ]
    }

    /// Where both scans go on.
    ///
    /// - Throws: `invalidArgument` when the checkpoint is that of another verification, or damaged.
    func resume(
        _ collection: CollectionName,
        _ configuration: ConsistencyVerifier.Configuration
    ) throws(StoreError) -> (source: ScanProgress, target: ScanProgress) {
        guard fields["subject"] == .document(Self.subject(collection, configuration)),
            case .document(let sourceFields) = fields["source"], let source = ScanProgress(fields: sourceFields),
            case .document(let targetFields) = fields["target"], let target = ScanProgress(fields: targetFields)
        else {
            throw StoreError(
                .invalidArgument,
                "The checkpoint belongs to another verification; begin this one without it.",
                context: .init(collection: collection)
            )
        }
        return (source, target)
    }
}

/// How far the scan of one side is.
struct ScanProgress: Sendable {
    /// Where it goes on; `nil` at the beginning, and at the end.
    var continuation: Continuation?
    /// Whether it has come to the end.
    var isDone = false
    /// What was added up so far.
    var table = BucketTable()

    init() {}

    var fields: Document {
        var fields: Document = ["isDone": .bool(isDone), "table": .document(table.fields)]
        fields["continuation"] = continuation.map { .string($0.text) }
        return fields
    }

    init?(fields: Document) {
        guard case .bool(let isDone) = fields["isDone"], case .document(let tableFields) = fields["table"],
            let table = BucketTable(fields: tableFields)
        else { return nil }
        self.isDone = isDone
        self.table = table
        continuation = fields.text("continuation").map { Continuation(text: $0) }
    }
}
