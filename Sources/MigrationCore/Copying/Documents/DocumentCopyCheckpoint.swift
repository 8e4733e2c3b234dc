/// What a job of a document copy is about, kept once: a restart with other stores or another mode is refused, and the ranges
/// stay as they were cut.
struct DocumentCopyJob: Checkpoint, Hashable {
    static let kind = "document-copy-job"
    static let version: Int32 = 1

    let source: String
    let target: String
    let collection: String
    let mode: String
    /// The ranges, in the source's own terms.
    let bounds: [Bounds]
    /// Counts the starts of the job. The latest run goes on; an older one loses its next change of a checkpoint and stops.
    var run: Int64 = 1

    struct Bounds: Hashable {
        var lower: String?
        var upper: String?
    }

    init(
        source: StoreID,
        target: StoreID,
        collection: CollectionName,
        mode: DocumentCopier.Mode,
        ranges: [ScanRange]
    ) {
        self.source = source.text
        self.target = target.text
        self.collection = collection.text
        self.mode = mode.rawValue
        bounds = ranges.map { Bounds(lower: $0.lowerBound, upper: $0.upperBound) }
    }

    func range(_ index: Int, of collection: CollectionName) -> ScanRange {
        ScanRange(collection, lowerBound: bounds[index].lower, upperBound: bounds[index].upper)
    }

    var fields: Document {
        let ranges = bounds.map { bounds in
            var range = Document()
            range["lower"] = bounds.lower.map { .string($0) }
            range["upper"] = bounds.upper.map { .string($0) }
            return Value.document(range)
        }
        return [
            "source": .string(source), "target": .string(target), "collection": .string(collection),
            "mode": .string(mode), "ranges": .array(ranges), "run": .int64(run),
        ]
    }

    init?(fields: Document, version: Int32) {
        guard let source = fields.text("source"), let target = fields.text("target"),
            let collection = fields.text("collection"), let mode = fields.text("mode"),
            case .array(let ranges) = fields["ranges"], !ranges.isEmpty, case .int64(let run) = fields["run"], run >= 1
        else { return nil }
        var bounds: [Bounds] = []
        for range in ranges {
            guard case .document(let range) = range else { return nil }
            bounds.append(Bounds(lower: range.text("lower"), upper: range.text("upper")))
        }
        self.source = source
        self.target = target
        self.collection = collection
        self.mode = mode
        self.bounds = bounds
        self.run = run
    }

    /// Whether this job does the same as the other one, however it is cut.
    func isSame(as other: DocumentCopyJob) -> Bool {
        source == other.source && target == other.target && collection == other.collection && mode == other.mode
    }
}

/// How far one range of a collection is durably applied.
struct RangeCheckpoint: Checkpoint, Hashable {
    static let kind = "document-copy-range"
    static let version: Int32 = 1

    /// Where the scan goes on; `nil` at the beginning.
    var continuation: String?
    var isDone = false
    var counts = CopyCounts()
    /// The run that moved it last.
    var run: Int64

    init(run: Int64) { self.run = run }

    var fields: Document {
        var fields: Document = [
            "isDone": .bool(isDone), "counts": .document(counts.fields), "run": .int64(run),
        ]
        fields["continuation"] = continuation.map { .string($0) }
        return fields
    }

    init?(fields: Document, version: Int32) {
        guard case .bool(let isDone) = fields["isDone"], case .document(let countFields) = fields["counts"],
            let counts = CopyCounts(fields: countFields), case .int64(let run) = fields["run"]
        else { return nil }
        switch fields["continuation"] {
        case nil: continuation = nil
        case .string(let text): continuation = text
        case .some: return nil
        }
        self.isDone = isDone
        self.counts = counts
        self.run = run
    }
}
