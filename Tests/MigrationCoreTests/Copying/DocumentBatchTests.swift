import Testing

@testable import MigrationCore

@Suite("Bringing a page into a target")
struct DocumentBatchTests {
    private let open = StoreError(.outcomeUnknown, "The reply was lost.")

    private func stored(_ id: String, _ n: Int32 = 1, etag: String = "e", expiresAt: Int64? = nil) -> StoredDocument {
        StoredDocument(
            key: DocumentKey(collection: "things", id: DocumentID(id)),
            document: ["n": .int32(n)],
            etag: ETag(etag),
            expiresAt: expiresAt.map { WallTime(millisecondsSinceEpoch: $0) }
        )
    }

    private func batch(
        _ documents: [StoredDocument],
        _ mode: DocumentCopier.Mode,
        lifetime: Lifetime = .collectionDefault
    ) -> DocumentBatch {
        DocumentBatch(
            documents,
            mode: mode,
            defaultLifetime: lifetime,
            now: WallTime(millisecondsSinceEpoch: 1_000),
            maximumRounds: 3
        )
    }

    private func conditions(_ action: DocumentBatch.Action) -> [WriteCondition] {
        guard case .write(let writes) = action else { return [] }
        return writes.compactMap { if case .put(_, let condition) = $0.action { condition } else { nil } }
    }

    private func isRead(_ action: DocumentBatch.Action) -> Bool { if case .read = action { true } else { false } }

    /// The failures with their documents, then the skipped and the written ones.
    private func ends(_ batch: inout DocumentBatch) -> [String] {
        guard case .finished = batch.nextAction() else { return ["unfinished"] }
        return batch.end.failed.map { "\($0.document.key.id.text): \($0.error.code)" }
            + Array(repeating: "skipped", count: batch.end.skipped)
            + Array(repeating: "written", count: batch.end.written)
    }

    @Test("an empty page is finished")
    func empty() {
        var batch = batch([], .upsert)
        #expect(ends(&batch) == [])
    }

    @Test("every first attempt is an insert, in both modes", arguments: [DocumentCopier.Mode.insertIfAbsent, .upsert])
    func firstAttempt(mode: DocumentCopier.Mode) throws {
        var batch = batch([stored("a"), stored("b")], mode)
        #expect(conditions(batch.nextAction()) == [.insert, .insert])
        try batch.record(outcomes: [.applied(ETag("1")), .applied(ETag("2"))])
        #expect(ends(&batch) == ["written", "written"])
    }

    @Test("insert-if-absent leaves what is there, without looking at it")
    func insertIfAbsent() throws {
        var batch = batch([stored("a")], .insertIfAbsent)
        _ = batch.nextAction()
        try batch.record(outcomes: [.rejected(.exists)])
        #expect(ends(&batch) == ["skipped"])
    }

    @Test("an upsert reads what is there and replaces that version only")
    func upsert() throws {
        var batch = batch([stored("a"), stored("b")], .upsert)
        _ = batch.nextAction()
        try batch.record(outcomes: [.rejected(.exists), .rejected(.exists)])
        #expect(isRead(batch.nextAction()))
        batch.record(found: [.success(stored("a")), .success(stored("b", 2, etag: "other"))])
        #expect(conditions(batch.nextAction()) == [.ifMatches(ETag("other"))])
        try batch.record(outcomes: [.applied(ETag("new"))])
        #expect(ends(&batch) == ["skipped", "written"])
    }

    @Test("a lost reply is resolved by reading: what is found was written")
    func lostReplyFound() throws {
        var batch = batch([stored("a")], .insertIfAbsent)
        _ = batch.nextAction()
        try batch.record(outcomes: [.unknown(open)])
        #expect(isRead(batch.nextAction()))
        batch.record(found: [.success(stored("a"))])
        #expect(ends(&batch) == ["written"])
    }

    @Test("a lost request is made again as an insert, and the late arrival of the first is recognised")
    func lostRequestArrivesLate() throws {
        var batch = batch([stored("a")], .insertIfAbsent)
        _ = batch.nextAction()
        try batch.record(outcomes: [.unknown(open)])
        _ = batch.nextAction()
        batch.record(found: [.success(nil)])
        #expect(conditions(batch.nextAction()) == [.insert])
        try batch.record(outcomes: [.rejected(.exists)])
        #expect(isRead(batch.nextAction()))
        batch.record(found: [.success(stored("a"))])
        #expect(ends(&batch) == ["written"])
    }

    @Test("an open replacement is repeated under the same version, never blind")
    func openReplacement() throws {
        var batch = batch([stored("a")], .upsert)
        _ = batch.nextAction()
        try batch.record(outcomes: [.rejected(.exists)])
        _ = batch.nextAction()
        batch.record(found: [.success(stored("a", 2, etag: "v2"))])
        _ = batch.nextAction()
        try batch.record(outcomes: [.unknown(open)])
        #expect(isRead(batch.nextAction()))
        batch.record(found: [.success(stored("a", 2, etag: "v2"))])
        #expect(conditions(batch.nextAction()) == [.ifMatches(ETag("v2"))])
    }

    @Test("what never gets an answer fails with that error after a bound")
    func neverAnswered() throws {
        var batch = batch([stored("a")], .insertIfAbsent)
        for _ in 0..<4 {
            _ = batch.nextAction()
            try batch.record(outcomes: [.unknown(open)])
            guard isRead(batch.nextAction()) else { break }
            batch.record(found: [.success(nil)])
        }
        #expect(ends(&batch) == ["a: outcomeUnknown"])
    }

    @Test("a document that another writer changes again and again fails after a bound")
    func neverStill() throws {
        var batch = batch([stored("a")], .upsert)
        _ = batch.nextAction()
        try batch.record(outcomes: [.rejected(.exists)])
        for version in 0..<10 {
            guard isRead(batch.nextAction()) else { break }
            batch.record(found: [.success(stored("a", 2, etag: "v\(version)"))])
            _ = batch.nextAction()
            try batch.record(outcomes: [.rejected(.etagMismatch(current: nil))])
        }
        #expect(ends(&batch) == ["a: versionConflict"])
    }

    @Test("a unique index of the target is a failure, never a reason to overwrite another document")
    func uniqueIndex() throws {
        var batch = batch([stored("a"), stored("b")], .upsert)
        _ = batch.nextAction()
        try batch.record(outcomes: [.rejected(.uniqueIndex(name: "mail")), .applied(ETag("1"))])
        #expect(ends(&batch) == ["a: invalidDocument", "written"])
    }

    @Test("an invalid document fails alone; a store that refuses everything stops the copy")
    func invalidItems() throws {
        var batch = batch([stored("a"), stored("b")], .upsert)
        _ = batch.nextAction()
        let tooLarge = StoreError(.documentTooLarge, "Too large.")
        try batch.record(outcomes: [.rejected(.invalid(tooLarge)), .applied(ETag("1"))])
        #expect(ends(&batch) == ["a: documentTooLarge", "written"])

        for code in [StoreError.Code.unauthenticated, .notPermitted, .diskFull, .readOnly, .closed] {
            var batch = self.batch([stored("a")], .upsert)
            _ = batch.nextAction()
            #expect(throws: StoreError.self) {
                try batch.record(outcomes: [.rejected(.invalid(StoreError(code, "No.")))])
            }
        }
    }

    @Test("a throttled item is tried again, and the others are not")
    func throttledItem() throws {
        var batch = batch([stored("a"), stored("b")], .insertIfAbsent)
        _ = batch.nextAction()
        let error = StoreError(.throttled, "Slow down.", context: .init(retryAfter: .seconds(1)))
        try batch.record(outcomes: [.applied(ETag("1")), .rejected(.invalid(error))])
        #expect(batch.hiccup?.context.retryAfter == .seconds(1))
        #expect(conditions(batch.nextAction()) == [.insert])
        #expect(batch.hiccup == nil)
        try batch.record(outcomes: [.applied(ETag("2"))])
        #expect(ends(&batch) == ["written", "written"])
    }

    @Test("the end of life is copied, not the lifetime; what has expired is skipped")
    func lifetimes() {
        var batch = batch(
            [stored("a"), stored("b", expiresAt: 5_000), stored("c", expiresAt: 1_000)],
            .upsert,
            lifetime: .forever
        )
        guard case .write(let writes) = batch.nextAction() else {
            Issue.record("nothing is written")
            return
        }
        #expect(writes.map(\.key.id) == ["a", "b"])
        #expect(writes.map(\.lifetime) == [.forever, .until(WallTime(millisecondsSinceEpoch: 5_000))])
    }

    @Test("a page is written in batches of bounded count and bytes")
    func boundedBatches() throws {
        var batch = DocumentBatch(
            (0..<10).map { stored("\($0)") },
            mode: .upsert,
            defaultLifetime: .collectionDefault,
            now: WallTime(millisecondsSinceEpoch: 0),
            maximumWrites: 4,
            maximumBytes: 40
        )
        var sizes: [Int] = []
        while case .write(let writes) = batch.nextAction() {
            sizes.append(writes.count)
            try batch.record(outcomes: writes.map { _ in .applied(ETag("1")) })
        }
        #expect(sizes.reduce(0, +) == 10 && sizes.allSatisfy { $0 <= 3 })
    }

    @Test("an adapter that answers with too few outcomes is an error, not a loss")
    func brokenAdapter() {
        var batch = batch([stored("a"), stored("b")], .upsert)
        _ = batch.nextAction()
        #expect(throws: StoreError.self) { try batch.record(outcomes: [.applied(ETag("1"))]) }
    }
}
