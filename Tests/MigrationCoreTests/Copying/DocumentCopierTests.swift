import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Copying collections")
struct DocumentCopierTests {
    private let source = HookedDocumentStore(InMemoryDocumentStore(id: "source"))
    private let target = HookedDocumentStore(InMemoryDocumentStore(id: "target"))
    private let control = InMemoryDocumentStore(id: "control")
    private let clock = TestClock()

    private func copier(
        _ mode: DocumentCopier.Mode = .insertIfAbsent,
        page: Int = 10,
        workers: Int = 1,
        change: (inout DocumentCopier.Configuration) -> Void = { _ in }
    ) -> DocumentCopier {
        var configuration = DocumentCopier.Configuration(
            mode: mode,
            maximumWorkers: workers,
            maximumRanges: workers,
            maximumPageDocuments: page
        )
        change(&configuration)
        return DocumentCopier(
            source: source,
            target: target,
            checkpoints: CheckpointStore(control),
            configuration: configuration,
            clock: clock
        )
    }

    private func expectEqual() { #expect(Things.contents(target.base) == Things.contents(source.base)) }

    @Test("every document arrives once, whatever the sizes", arguments: [0, 1, 9, 10, 11, 95], [1, 4])
    func sizes(count: Int, workers: Int) async throws {
        try await Things.fill(source.base, 0..<count)
        let report = try await copier(workers: workers).copy("things")
        expectEqual()
        #expect(report.isComplete && report.counts.isBalanced)
        #expect(report.counts.read == Int64(count) && report.counts.written == Int64(count))
    }

    @Test("the collection is created as the source defines it, with indexes and lifetime")
    func definition() async throws {
        let definition = CollectionDefinition(
            "things",
            partitionPaths: ["tenant"],
            defaultLifetime: .seconds(60),
            indexes: [IndexDefinition("by-n", fields: [.ascending("n")])]
        )
        try await source.ensureCollection(definition)
        try await copier().copy("things")
        #expect(try await target.collections() == [definition])
    }

    @Test("another partition path in the target stops the copy before it starts")
    func partitionMismatch() async throws {
        try await source.ensureCollection(CollectionDefinition("things", partitionPaths: ["tenant"]))
        try await target.ensureCollection(CollectionDefinition("things", partitionPaths: ["region"]))
        await expect(code: .collectionMismatch) { try await copier().copy("things") }
        await expect(code: .collectionMismatch) {
            try await copier { $0.isDryRun = true }.copy("things")
        }
    }

    @Test("an unknown collection is an error, not an empty copy")
    func unknownCollection() async {
        await expect(code: .collectionNotFound) { try await copier().copy("typo") }
    }

    @Test("keys are kept: absent, null and empty partition keys, and ids of every type")
    func keys() async throws {
        try await source.ensureCollection(CollectionDefinition("things", partitionPaths: ["p"]))
        let partitions: [PartitionKey.Component] = [.absent, .null, .string(""), .string("a"), .number(0)]
        let ids: [DocumentID] = [
            "", "0", "=x", try DocumentID(.int32(0)), try DocumentID(.int64(0)), try DocumentID(.null),
            try DocumentID(.bool(false)), DocumentID(ObjectID("0123456789abcdef01234567")!),
        ]
        for (index, component) in partitions.enumerated() {
            for id in ids {
                let key = DocumentKey(
                    collection: "things",
                    partition: try PartitionKey(components: [component]),
                    id: id
                )
                try source.base.seed(["i": .int32(Int32(index))], at: key)
            }
        }
        let report = try await copier().copy("things")
        #expect(report.counts.written == 40)
        for document in source.base.documents(in: "things") {
            #expect(target.base.document(at: document.key)?.document == document.document)
        }
    }

    @Test("insert-if-absent leaves what is there; upsert replaces what differs", arguments: [false, true])
    func modes(isUpsert: Bool) async throws {
        try await Things.fill(source.base, 0..<30)
        try target.base.seed(["mine": true], at: Things.key(3))
        try target.base.seed(Things.document(4), at: Things.key(4))
        let report = try await copier(isUpsert ? .upsert : .insertIfAbsent).copy("things")
        #expect(report.counts.skipped == (isUpsert ? 1 : 2))
        #expect(target.base.document(at: Things.key(3))?.document == (isUpsert ? Things.document(3) : ["mine": true]))
        #expect(target.base.documentCount(in: "things") == 30)
    }

    @Test("a dry run foretells the counts and writes nothing, not even a checkpoint")
    func dryRun() async throws {
        try await Things.fill(source.base, 0..<30)
        try target.base.seed(["mine": true], at: Things.key(3))
        let foretold = try await copier { $0.isDryRun = true }.copy("things")
        #expect(target.base.documentCount(in: "things") == 1 && target.batches.isEmpty)
        #expect(control.snapshot().isEmpty)
        let done = try await copier().copy("things")
        #expect(foretold.counts == done.counts)
    }

    @Test("a crash after apply and before checkpoint replays the page once and loses nothing", arguments: [1, 2, 5])
    func crashBeforeCheckpoint(page: Int) async throws {
        try await Things.fill(source.base, 0..<50)
        let control = control
        let key = DocumentKey(collection: "cutover-checkpoints", id: "job:0")
        // Another run moves the checkpoint while the page is applied: this run cannot remember it, as after a crash.
        target.set(batches: [
            page: .meanwhile { _ throws(StoreError) in
                guard let stored = control.document(at: key) else { return }
                try control.seed(stored.document, at: key)
            }
        ])
        await expect(code: .versionConflict) { try await copier().copy("things", job: "job") }
        #expect(target.base.documentCount(in: "things") == page * 10)
        target.set()
        let report = try await copier().copy("things", job: "job")
        expectEqual()
        #expect(report.counts.read == 50 && report.counts.skipped == 10 && report.counts.written == 40)
    }

    @Test("a job that was interrupted goes on where it was; a finished one copies nothing again")
    func resume() async throws {
        try await Things.fill(source.base, 0..<50)
        let gone = HookedDocumentStore.Fault.before(StoreError(.unavailable, "Gone."))
        target.set(batches: [3: gone])
        await expect(code: .unavailable) { try await copier { $0.retry = .never }.copy("things", job: "job") }
        #expect(target.base.documentCount(in: "things") == 20)
        target.set()
        let batches = target.batches.count
        let report = try await copier().copy("things", job: "job")
        expectEqual()
        #expect(target.batches.count - batches == 3 && report.counts.written == 50)
        try await Things.fill(source.base, 50..<60)
        #expect(try await copier().copy("things", job: "job").counts.read == 50)
        try await copier().forget("things", job: "job")
        #expect(try await copier().copy("things", job: "job").counts.read == 60)
        expectEqual()
    }

    @Test("a later run of a job takes over, and the earlier one stops with a clear error")
    func takeOver() async throws {
        try await Things.fill(source.base, 0..<50)
        let later = copier()
        target.set(batches: [2: .meanwhile { _ throws(StoreError) in _ = try await later.copy("things", job: "job") }])
        await expect(code: .versionConflict) { try await copier().copy("things", job: "job") }
        expectEqual()
    }

    @Test("a job's name belongs to its stores, collection and mode")
    func jobNames() async throws {
        try await Things.fill(source.base, 0..<5)
        try await copier().copy("things", job: "job")
        await expect(code: .invalidConfiguration) { try await copier(.upsert).copy("things", job: "job") }
    }

    @Test("lost replies and lost requests end as written, each document once", arguments: [false, true])
    func unknownOutcomes(isUpsert: Bool) async throws {
        try await Things.fill(source.base, 0..<30)
        if isUpsert { try target.base.seed(["old": true], at: Things.key(7)) }
        target.set(batches: [1: .after, 2: .lost, 3: .lost])
        let report = try await copier(isUpsert ? .upsert : .insertIfAbsent).copy("things")
        expectEqual()
        #expect(report.counts.written == 30 && report.counts.failed == 0)
        let before = target.base.documents(in: "things")
        try await target.deliverLate()
        #expect(target.base.documents(in: "things") == before)
    }

    @Test("passing errors of both stores are waited out as they ask")
    func transientErrors() async throws {
        try await Things.fill(source.base, 0..<30)
        let throttled = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(9)))
        target.set(batches: [2: .before(throttled)])
        source.set(scans: [1: .before(StoreError(.busy, "Busy."))])
        let report = try await copier().copy("things")
        expectEqual()
        #expect(report.retries >= 2 && clock.slept.contains { $0 >= .seconds(9) })
    }

    @Test("a lack of rights stops at once", arguments: [StoreError.Code.unauthenticated, .notPermitted])
    func authorization(code: StoreError.Code) async throws {
        try await Things.fill(source.base, 0..<1_000)
        target.set(batches: Dictionary(uniqueKeysWithValues: (1...99).map { ($0, .before(StoreError(code, "No."))) }))
        await expect(code: code) { try await copier(workers: 4).copy("things") }
        #expect(target.batches.count <= 4)
    }

    @Test("what does not parse is counted and handed on with its bytes, and the copy goes on")
    func unreadable() async throws {
        try await Things.fill(source.base, 0..<30)
        source.damage(Things.key(12))
        let dead = Locked<[CopyFailure]>([])
        let report = try await copier().copy(
            "things",
            onFailure: { failure throws(StoreError) in dead.withLock { $0.append(failure) } }
        )
        #expect(report.counts.read == 30 && report.counts.failed == 1 && report.counts.written == 29)
        let failures = dead.withLock { $0 }
        #expect(failures.map(\.key) == [Things.key(12)] && failures.map(\.bytes) == [[1, 2, 3]])
        #expect(report.failures.first?.error.code == .corrupt)
    }

    @Test("what the target cannot hold fails alone, with its bytes")
    func tooLarge() async throws {
        var small = DocumentStoreCapabilities.inMemory
        small.maximumDocumentBytes = 1_000
        let limited = InMemoryDocumentStore(id: "small", capabilities: small)
        try await Things.fill(source.base, 0..<20)
        let large: Document = ["text": .string(String(repeating: "x", count: 2_000))]
        try source.base.seed(large, at: Things.key(5))
        let report = try await DocumentCopier(source: source, target: limited).copy("things")
        #expect(report.counts.failed == 1 && report.counts.written == 19)
        #expect(report.failures.first?.error.code == .documentTooLarge)
        #expect(report.failures.first?.bytes == large.bson)
    }

    @Test("the report keeps a bounded number of failures, and the copy stops at its limit")
    func failureLimits() async throws {
        try await Things.fill(source.base, 0..<100)
        for index in 0..<50 { source.damage(Things.key(index)) }
        let kept = try await copier { $0.maximumKeptFailures = 3 }.copy("things", job: "a")
        #expect(kept.counts.failed == 50 && kept.failures.count == 3 && kept.isComplete)
        let stopped = try await copier { $0.maximumFailures = 25 }.copy("things", job: "b")
        #expect(!stopped.isComplete && stopped.counts.failed > 25 && stopped.counts.isBalanced)
        #expect(stopped.counts.read < 100)
    }

    @Test("a unique index of the target never makes another document disappear")
    func uniqueIndex() async throws {
        let index = IndexDefinition("n", fields: [.ascending("n")], isUnique: true)
        try await Things.fill(source.base, 0..<10)
        try await target.ensureCollection(CollectionDefinition("things", indexes: [index]))
        let other = DocumentKey(collection: "things", id: "other")
        try target.base.seed(["n": .int32(4)], at: other)
        let report = try await copier(.upsert).copy("things")
        #expect(report.counts.failed == 1 && report.counts.written == 9)
        #expect(target.base.document(at: other)?.document == ["n": .int32(4)])
    }

    @Test("what is left of a lifetime is kept, and for ever stays for ever")
    func lifetimes() async throws {
        let end = WallTime.now().advanced(by: .seconds(3_600))
        try await source.ensureCollection(CollectionDefinition("things", defaultLifetime: .seconds(60)))
        try source.base.seed(["a": 1], at: Things.key(1), lifetime: .until(end))
        try source.base.seed(["a": 2], at: Things.key(2), lifetime: .forever)
        try await copier().copy("things")
        #expect(target.base.document(at: Things.key(1))?.expiresAt == end)
        #expect(target.base.document(at: Things.key(2))?.expiresAt == nil)
        #expect(target.base.documentCount(in: "things") == 2)
    }

    @Test("a cancelled copy can go on")
    func cancellation() async throws {
        try await Things.fill(source.base, 0..<100)
        target.set(batches: [4: .meanwhile { _ in withUnsafeCurrentTask { $0?.cancel() } }])
        let copier = copier()
        _ = await withTaskGroup(of: StoreError.Code?.self) { group in
            group.addTask {
                do throws(StoreError) {
                    try await copier.copy("things", job: "job")
                    return nil
                } catch {
                    return error.code
                }
            }
            return await group.next() ?? nil
        }
        target.set()
        let report = try await copier.copy("things", job: "job")
        expectEqual()
        #expect(report.isComplete && report.counts.read == 100)
    }

    @Test("progress counts up to what the source holds")
    func progress() async throws {
        try await Things.fill(source.base, 0..<25)
        let seen = Locked<[Int64]>([])
        try await copier().copy("things", progress: { progress in seen.withLock { $0.append(progress.done) } })
        #expect(seen.withLock { $0 } == [10, 20, 25])
    }
}
