/// How far a verification of a tenant's logs is, with everything that it found.
///
/// Keep it with a ``CheckpointStore``, and hand it to the next call after a crash: the verification goes on where it was, up to
/// the position that it set out for. What was verified before is not read again.
public struct EventVerificationCheckpoint: Checkpoint {
    public static let kind = "event-verification"
    public static let version: Int32 = 1

    /// The last position that was compared.
    public let position: Int64
    public let fields: Document

    public init?(fields: Document, version: Int32) {
        guard let position = fields.int64("position") else { return nil }
        self.position = position
        self.fields = fields
    }

    /// What a verification is about; a checkpoint of another one is refused.
    private static func subject(_ tenant: TenantID, _ configuration: ConsistencyVerifier.Configuration) -> Document {
        [
            "tenant": .string(tenant.text), "level": .string(configuration.level.rawValue),
            "sample": .double(configuration.samplePercentage),
            "seed": .int64(Int64(bitPattern: configuration.sampleSeed)),
        ]
    }

    init(
        _ comparator: LogComparator,
        tenant: TenantID,
        configuration: ConsistencyVerifier.Configuration,
        position: Int64,
        goal: Int64
    ) {
        self.position = position
        fields = [
            "subject": .document(Self.subject(tenant, configuration)),
            "position": .int64(position),
            "goal": .int64(goal),
            "settled": .int64(Int64(comparator.settled / .milliseconds(1))),
            "compared": .int64(comparator.compared),
            "source": .document(comparator.source.fields),
            "target": .document(comparator.target.fields),
            "violations": .document(comparator.violations.fields),
            "streams": .document(comparator.streams.fields),
        ]
    }

    /// Takes a comparison up again, with the position that it set out for.
    ///
    /// - Throws: `invalidArgument` when the checkpoint is that of another verification, or damaged.
    func resume(
        _ tenant: TenantID,
        _ configuration: ConsistencyVerifier.Configuration
    ) throws(StoreError) -> (comparator: LogComparator, goal: Int64) {
        guard fields["subject"] == .document(Self.subject(tenant, configuration)),
            let goal = fields.int64("goal"), let settled = fields.int64("settled"),
            let compared = fields.int64("compared"),
            case .document(let sourceFields) = fields["source"], let source = LogComparator.Log(fields: sourceFields),
            case .document(let targetFields) = fields["target"], let target = LogComparator.Log(fields: targetFields),
            case .document(let violationFields) = fields["violations"],
            let violations = ViolationLog(fields: violationFields, maximumKept: configuration.maximumViolations),
            case .document(let streamFields) = fields["streams"],
            let streams = StreamTable(fields: streamFields, maximumStreams: configuration.maximumStreamsPerPass)
        else {
            throw StoreError(
                .invalidArgument,
                "The checkpoint belongs to another verification; begin this one without it.",
                context: .init(tenant: tenant)
            )
        }
        let comparator = LogComparator(
            level: configuration.level,
            sample: configuration.sample,
            source: source,
            target: target,
            streams: streams,
            violations: violations,
            compared: compared,
            settled: .milliseconds(settled)
        )
        return (comparator, goal)
    }
}

extension LogComparator.Log {
    fileprivate var fields: Document {
        var fields: Document = [
            "position": .int64(head.position), "digest": .string(head.digest.description), "count": .int64(count),
        ]
        fields["stored"] = chain.stored.map { .string($0.description) }
        fields["computed"] = chain.computed.map { .string($0.description) }
        return fields
    }

    fileprivate init?(fields: Document) {
        guard let position = fields.int64("position"), let digest = fields.text("digest").flatMap({ LogDigest($0) }),
            let count = fields.int64("count")
        else { return nil }
        let chain = ChainCheck(
            after: fields.text("stored").flatMap { LogDigest($0) },
            computed: fields.text("computed").flatMap { LogDigest($0) }
        )
        self.init(head: LogCheckpoint(position: position, digest: digest), chain: chain, count: count)
    }
}
