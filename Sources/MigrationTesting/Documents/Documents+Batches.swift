internal import MigrationCore

extension DocumentStoreConformance {
    /// `writeBatch`.
    var batches: [Behaviour] {
        [
            behaviour("a batch answers each write in its place") { bed in
                try await bed.put(["n": 0], to: bed.key("there"))
                let writes: [DocumentWrite] = [
                    .put(["n": 1], to: bed.key("a")), .put(["n": 2], to: bed.key("there"), condition: .insert),
                    .delete(bed.key("none")), .patch(bed.key("there"), [.increment("n", by: 5)]),
                    .put(["n": 3], to: bed.key("b"), condition: .replace), .delete(bed.key("a")),
                ]
                let outcomes = try await bed.store.writeBatch(writes)
                try expectEqual(outcomes.count, 6, "the number of outcomes")
                try expect(outcomes[0].isApplied, "write 0 is applied", seen: brief(outcomes[0]))
                try expectRejected(outcomes[1], "write 1", as: "exists", \.isExists)
                try expectRejected(outcomes[2], "write 2", as: "notFound", \.isNotFound)
                try expect(outcomes[3].isApplied, "write 3 is applied", seen: brief(outcomes[3]))
                try expectRejected(outcomes[4], "write 4", as: "notFound", \.isNotFound)
                try expect(outcomes[5].isApplied && outcomes[5].etag == nil, "write 5 is applied without a tag")
                let stored = try await bed.store.read(bed.key("there"))
                try expectEqual(stored?.document, ["n": 5], "the patched document")
                try expectEqual(stored?.etag, outcomes[3].etag, "the tag of the patched document")
                try expectEqual(try await bed.store.count(bed.collection), 1, "the number of documents")
            },
            behaviour("writes of the same key in a batch are applied in the order of the batch") { bed in
                for order in [BatchOrder.unordered, .ordered] {
                    _ = try await bed.store.delete(bed.key("a"))
                    let writes: [DocumentWrite] = [
                        .put(["n": 1], to: bed.key("a"), condition: .insert),
                        .patch(bed.key("a"), [.increment("n", by: 1)]),
                        .delete(bed.key("a")), .put(["n": 10], to: bed.key("a"), condition: .insert),
                        .patch(bed.key("a"), [.increment("n", by: 1)]),
                    ]
                    let outcomes = try await bed.store.writeBatch(writes, order: order)
                    for (index, outcome) in outcomes.enumerated() {
                        try expect(outcome.isApplied, "write \(index) is applied", seen: brief(outcome))
                    }
                    let stored = try await bed.store.read(bed.key("a"))
                    try expectEqual(stored?.document, ["n": 11], "the document after the batch")
                    try expectEqual(stored?.etag, outcomes[4].etag, "its tag")
                }
            },
            behaviour("an unordered batch attempts every write") { bed in
                let writes: [DocumentWrite] = [
                    .delete(bed.key("none")), .put(["n": 1], to: bed.key("a")), .delete(bed.key("none")),
                    .put(["n": 2], to: bed.key("b")),
                ]
                let outcomes = try await bed.store.writeBatch(writes, order: .unordered)
                try expectEqual(outcomes.map(\.isApplied), [false, true, false, true], "which writes are applied")
                try expectEqual(try await bed.store.count(bed.collection), 2, "the number of documents")
            },
            behaviour("an ordered batch ends with the first write that is not applied") { bed in
                let writes: [DocumentWrite] = [
                    .put(["n": 1], to: bed.key("a")), .delete(bed.key("none")), .put(["n": 2], to: bed.key("b")),
                    .delete(bed.key("a")),
                ]
                let outcomes = try await bed.store.writeBatch(writes, order: .ordered)
                try expect(outcomes[0].isApplied, "the first write is applied", seen: brief(outcomes[0]))
                try expectRejected(outcomes[1], "the second write", as: "notFound", \.isNotFound)
                try expectRejected(outcomes[2], "the third write", as: "skipped", \.isSkipped)
                try expectRejected(outcomes[3], "the fourth write", as: "skipped", \.isSkipped)
                try expectEqual(try await bed.store.read(bed.key("b")), nil, "what a skipped write wrote")
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 1], "the first document")
            },
            behaviour("an ordered batch of one kind of write ends with the first that is not applied") { bed in
                // A store may send writes of one kind together; those behind a refused one are still not applied.
                for (kind, writes) in Self.refusedInTheMiddle(bed) {
                    for name in ["a", "b", "new", "next"] { _ = try await bed.store.delete(bed.key(DocumentID(name))) }
                    try await bed.put(["n": 0], to: bed.key("a"))
                    try await bed.put(["n": 0], to: bed.key("b"))
                    let outcomes = try await bed.store.writeBatch(writes, order: .ordered)
                    try expectEqual(outcomes.map(\.isApplied), [true, false, false], "which \(kind) are applied")
                    let reason = outcomes[1].rejection
                    try expect(reason.map { !$0.isSkipped } ?? false, "the second of \(kind) says why it is refused")
                    try expectRejected(outcomes[2], "the third of \(kind)", as: "skipped", \.isSkipped)
                    let behind = try await bed.store.read(writes[2].key)?.document
                    try expectEqual(behind, kind == "inserts" ? nil : ["n": 0], "what the third of \(kind) left")
                }
            },
            behaviour("an invalid write of a batch is rejected as invalid and leaves the others alone") { bed in
                guard bed.capabilities.maximumIDBytes <= 1 << 20 else { return }
                let long = DocumentID(String(repeating: "x", count: bed.capabilities.maximumIDBytes + 1))
                try await bed.put(["text": "t"], to: bed.key("there"))
                let writes: [DocumentWrite] = [
                    .put(["n": 1], to: bed.key("a")), .put(["_id": "other"], to: bed.key("b")),
                    .put(["n": 1], to: bed.key(long)), .patch(bed.key("there"), []),
                    .patch(bed.key("there"), [.increment("text", by: 1)]), .put(["n": 2], to: bed.key("c")),
                ]
                let codes: [StoreError.Code?] = [
                    nil, .invalidDocument, .keyTooLong, .invalidArgument, .invalidArgument, nil,
                ]
                let outcomes = try await bed.store.writeBatch(writes, order: .unordered)
                try expectEqual(outcomes.map { $0.rejection?.invalidCode }, codes, "the codes of invalid writes")
                try expectEqual(try await bed.store.count(bed.collection), 3, "the number of documents")
            },
            behaviour("an invalid write ends an ordered batch") { bed in
                let writes: [DocumentWrite] = [
                    .put(["_id": "other"], to: bed.key("a")), .put(["n": 2], to: bed.key("b")),
                ]
                let outcomes = try await bed.store.writeBatch(writes, order: .ordered)
                try expectEqual(
                    outcomes.first?.rejection?.invalidCode,
                    .invalidDocument,
                    "the code of the invalid write"
                )
                try expectRejected(outcomes[1], "the write behind it", as: "skipped", \.isSkipped)
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
            },
            behaviour("a batch of 500 writes over several partitions is applied whole") { bed in
                let writes = (0..<500).map { number in
                    DocumentWrite.put(
                        ["n": .int32(Int32(number))],
                        to: bed.key(DocumentBed.id(number), [.number(Double(number % 3))]),
                        condition: .insert
                    )
                }
                let outcomes = try await bed.store.writeBatch(writes)
                try expectEqual(outcomes.count { $0.isApplied }, 500, "the number of applied writes")
                try expectEqual(try await bed.store.count(bed.collection), 500, "the number of documents")
            },
        ]
    }

    /// Three writes of each kind: one that is applied, one that is refused, and one that would be applied by itself. The documents `a`
    /// and `b` are there, each with `n` at 0, and no others.
    private static func refusedInTheMiddle(_ bed: DocumentBed) -> [(kind: String, writes: [DocumentWrite])] {
        [
            (
                "inserts",
                [
                    .put(["n": 1], to: bed.key("new"), condition: .insert),
                    .put(["n": 1], to: bed.key("a"), condition: .insert),
                    .put(["n": 1], to: bed.key("next"), condition: .insert),
                ]
            ),
            (
                "upserts",
                [
                    .put(["n": 1], to: bed.key("a")), .put(["_id": "other"], to: bed.key("new")),
                    .put(["n": 1], to: bed.key("b")),
                ]
            ),
            (
                "replacements",
                [
                    .put(["n": 1], to: bed.key("a"), condition: .replace),
                    .put(["n": 1], to: bed.key("new"), condition: .replace),
                    .put(["n": 1], to: bed.key("b"), condition: .replace),
                ]
            ),
            (
                "patches",
                [
                    .patch(bed.key("a"), [.increment("n", by: 1)]), .patch(bed.key("new"), [.increment("n", by: 1)]),
                    .patch(bed.key("b"), [.increment("n", by: 1)]),
                ]
            ),
            ("deletions", [.delete(bed.key("a")), .delete(bed.key("new")), .delete(bed.key("b"))]),
        ]
    }

    /// `transact`.
    var transactions: [Behaviour] {
        [
            behaviour("an empty transaction is emptyBatch") { bed in
                try await expectError(.emptyBatch, from: "transact of nothing") { try await bed.store.transact([]) }
            },
            behaviour("a transaction of more writes than the capabilities allow is unsupported, and writes nothing") {
                bed in
                let maximum = bed.capabilities.maximumTransactionWrites
                guard maximum < 5_000 else { return }
                let writes = (0...maximum).map { DocumentWrite.put(["n": 1], to: bed.key(DocumentBed.id($0))) }
                try await expectError(.unsupported, from: "a transaction of \(writes.count) writes") {
                    try await bed.store.transact(writes)
                }
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
            },
            transaction("a transaction applies all its writes and answers with their tags", writes: 4) { bed in
                try await bed.put(["n": 1], to: bed.key("gone"))
                let outcome = try await bed.store.transact([
                    .put(["n": 1], to: bed.key("a"), condition: .insert), .delete(bed.key("gone")),
                    .put(["n": 2], to: bed.key("b")), .patch(bed.key("b"), [.increment("n", by: 1)]),
                ])
                guard case .applied(let tags) = outcome else {
                    throw Mismatch(expectation: "the transaction is applied", observed: brief(outcome))
                }
                try expectEqual(tags.map { $0 == nil }, [false, true, false, false], "where there is no tag")
                let read = try await bed.store.readMany([bed.key("a"), bed.key("gone"), bed.key("b")])
                try expectEqual(read.map { $0?.document }, [["n": 1], nil, ["n": 3]], "the documents")
                try expectEqual(read[0]?.etag, tags[0], "the tag of the first document")
                try expectEqual(read[2]?.etag, tags[3], "the tag of the last document")
            },
            transaction("a transaction with a write that cannot be applied changes nothing and names it", writes: 4) {
                bed in
                let tag = try await bed.put(["n": 0], to: bed.key("there"))
                let failing: [(DocumentWrite, String, @Sendable (Rejection) -> Bool)] = [
                    (.put(["n": 9], to: bed.key("there"), condition: .insert), "exists", { $0.isExists }),
                    (.delete(bed.key("none")), "notFound", { $0.isNotFound }),
                    (
                        .put(["n": 9], to: bed.key("there"), condition: .ifMatches(ETag("none"))), "etagMismatch",
                        { $0.isMismatch }
                    ),
                    (.put(["n": 9], to: bed.key("none"), condition: .replace), "notFound", { $0.isNotFound }),
                ]
                for (write, wanted, matches) in failing {
                    let outcome = try await bed.store.transact([
                        .put(["n": 1], to: bed.key("a")), .put(["n": 1], to: bed.key("there2")), write,
                        .put(["n": 1], to: bed.key("b")),
                    ])
                    guard case .rejected(index: 2, let rejection) = outcome, matches(rejection) else {
                        throw Mismatch(
                            expectation: "the transaction is rejected at index 2 as \(wanted)",
                            observed: brief(outcome)
                        )
                    }
                    try expectEqual(try await bed.store.count(bed.collection), 1, "the number of documents")
                    try expectEqual(try await bed.store.read(bed.key("there"))?.etag, tag, "the tag of the one before")
                }
            },
            transaction("an invalid write of a transaction changes nothing and tells why", writes: 2) { bed in
                let writes: [DocumentWrite] = [
                    .put(["n": 1], to: bed.key("a")), .put(["_id": "other"], to: bed.key("b")),
                ]
                do {
                    let outcome = try await bed.store.transact(writes)
                    guard case .rejected(index: 1, let rejection) = outcome, rejection.invalidCode == .invalidDocument
                    else {
                        throw Mismatch(
                            expectation: "the transaction is rejected at index 1 as invalidDocument, or throws it",
                            observed: brief(outcome)
                        )
                    }
                } catch {
                    guard error.storeCode == .invalidDocument else { throw error }
                }
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
            },
            transaction("a later write of a transaction sees an earlier one of the same key", writes: 4) { bed in
                let outcome = try await bed.store.transact([
                    .put(["n": 1], to: bed.key("a"), condition: .insert), .delete(bed.key("a")),
                    .put(["n": 2], to: bed.key("a"), condition: .insert),
                    .patch(bed.key("a"), [.increment("n", by: 5)]),
                ])
                try expect(outcome.isApplied, "the transaction is applied", seen: brief(outcome))
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 7], "the document")
                let refused = try await bed.store.transact([
                    .delete(bed.key("a")), .put(["n": 3], to: bed.key("a"), condition: .replace),
                ])
                guard case .rejected(index: 1, .notFound) = refused else {
                    throw Mismatch(expectation: "rejected at index 1 as notFound", observed: brief(refused))
                }
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 7], "the document after it")
            },
            transaction("a transaction over two partitions or collections is invalidArgument", writes: 2) { bed in
                try await bed.store.ensureCollection(CollectionDefinition("others"))
                let elsewhere = [
                    bed.key("b", ["p"]), bed.key("b", [""]), DocumentKey(collection: "others", id: "b"),
                ]
                for key in elsewhere {
                    try await expectError(.invalidArgument, from: "the transaction") {
                        try await bed.store.transact([.put(["n": 1], to: bed.key("a")), .put(["n": 1], to: key)])
                    }
                }
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
            },
            transaction("transactions are isolated: two documents that change together stay equal", writes: 2) { bed in
                try await bed.put(["n": 0], to: bed.key("a"))
                try await bed.put(["n": 0], to: bed.key("b"))
                let rounds = 5
                _ = try await each(bed.options.tasks) { _ in
                    for _ in 0..<rounds {
                        try await retrying {
                            let outcome = try await bed.store.transact([
                                .patch(bed.key("a"), [.increment("n", by: 1)]),
                                .patch(bed.key("b"), [.increment("n", by: 1)]),
                            ])
                            try expect(outcome.isApplied, "the transaction is applied", seen: brief(outcome))
                        }
                    }
                }
                let total = Value.int32(Int32(bed.options.tasks * rounds))
                let read = try await bed.store.readMany([bed.key("a"), bed.key("b")])
                try expectEqual(read.map { $0?.document["n"] }, [total, total], "the numbers")
            },
        ]
    }

    /// A behaviour of stores that take at least `count` writes in one transaction.
    private func transaction(
        _ name: String,
        writes count: Int,
        _ body: @escaping @Sendable (DocumentBed) async throws -> Void
    ) -> Behaviour {
        behaviour(name) { bed in
            guard bed.capabilities.maximumTransactionWrites >= count else { return }
            try await body(bed)
        }
    }
}

/// Repeats a call that a busy store refused without doing anything.
func retrying<Result>(_ call: () async throws -> Result) async throws -> Result {
    for _ in 0..<1_000 {
        do { return try await call() } catch {
            guard error.storeCode?.isRetryable == true else { throw error }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
    throw Mismatch(expectation: "a busy store answers in the end", observed: "1000 refused attempts")
}
