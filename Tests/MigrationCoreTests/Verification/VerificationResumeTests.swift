import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Resuming a verification")
struct VerificationResumeTests {
    private let clock = TestClock()

    private var verifier: ConsistencyVerifier {
        ConsistencyVerifier(
            configuration: .init(maximumPageItems: 10, checkpointInterval: .zero),
            clock: clock
        )
    }

    /// Stops the call like a crash, after a checkpoint was kept.
    private static let crash = StoreError(.unavailable, "The process stopped.")

    @Test("a verification of logs goes on where it was and keeps what it found", arguments: [1, 3, 6])
    func events(crashAt number: Int) async throws {
        let source = HookedEventStore(InMemoryEventStore(id: "source"))
        let target = HookedEventStore(InMemoryEventStore(id: "target"))
        for index in 0..<60 {
            let event = NewEvent(type: "counted", occurredAt: .now(), payload: ["n": .int64(Int64(index))])
            try source.base.seed([event], to: EventLogs.streams[index % 3], tenant: "acme")
        }
        try await EventCopier(source: source, target: target).copy(tenant: "acme")
        target.damage("acme") { $0.removed = [5, 10, 11, 55] }
        let whole = try await verifier.verifyEvents(of: "acme", source: source, target: target)

        let checkpoints = CheckpointStore(InMemoryDocumentStore())
        let count = Locked(0)
        await expect(code: .unavailable) {
            try await verifier.verifyEvents(
                of: "acme",
                source: source,
                target: target,
                onCheckpoint: { checkpoint throws(StoreError) in
                    let previous = try await checkpoints.load(EventVerificationCheckpoint.self, named: "verify")
                    _ = try await checkpoints.save(checkpoint, named: "verify", replacing: previous)
                    let reached = count.withLock { count in
                        count += 1
                        return count
                    }
                    if reached == number { throw Self.crash }
                }
            )
        }
        let kept = try #require(try await checkpoints.load(EventVerificationCheckpoint.self, named: "verify")).value
        #expect(kept.position == Int64(number * 10))
        let reads = source.reads
        let resumed = try await verifier.verifyEvents(of: "acme", source: source, target: target, resuming: kept)
        #expect(source.reads - reads <= 7 - number)
        #expect(resumed.violations == whole.violations && resumed.violationTotals == [.missing: 4])
        #expect(resumed.streamResults == whole.streamResults && resumed.sampleSize == whole.sampleSize)
        #expect(resumed.sourceEventCount == 60 && resumed.targetEventCount == 56)
        await expect(code: .invalidArgument) {
            try await verifier.verifyEvents(of: "other", source: source, target: target, resuming: kept)
        }
    }

    @Test("a verification of a collection goes on where it was and adds up to the same sums", arguments: [1, 3, 6])
    func documents(crashAt number: Int) async throws {
        let source = HookedDocumentStore(InMemoryDocumentStore(id: "source"))
        let target = HookedDocumentStore(InMemoryDocumentStore(id: "target"))
        try await Things.fill(source.base, 0..<60)
        try await Things.fill(target.base, 0..<59)
        let whole = try await verifier.verifyDocuments(in: "things", source: source, target: target)
        let kept = Locked<DocumentVerificationCheckpoint?>(nil)
        let count = Locked(0)
        await expect(code: .unavailable) {
            try await verifier.verifyDocuments(
                in: "things",
                source: source,
                target: target,
                onCheckpoint: { checkpoint throws(StoreError) in
                    kept.withLock { $0 = checkpoint }
                    let reached = count.withLock { count in
                        count += 1
                        return count
                    }
                    if reached == number { throw Self.crash }
                }
            )
        }
        let checkpoint = try #require(kept.withLock { $0 })
        let stored = try #require(DocumentVerificationCheckpoint(fields: checkpoint.fields, version: 1))
        let resumed = try await verifier.verifyDocuments(in: "things", source: source, target: target, resuming: stored)
        #expect(resumed.sourceDigest == whole.sourceDigest && resumed.targetDigest == whole.targetDigest)
        #expect(resumed.violations.map(\.key) == [Things.key(59)] && resumed.sampleSize == 59)
        await expect(code: .invalidArgument) {
            try await verifier.verifyDocuments(in: "other", source: source, target: target, resuming: stored)
        }
    }
}
