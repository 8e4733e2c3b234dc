internal import MigrationCore

extension DocumentStoreConformance {
    /// Lifetimes.
    var expiry: [Behaviour] {
        [
            behaviour("a store without expiry says unsupported, and writes nothing") { bed in
                guard !bed.capabilities.supportsExpiry else { return }
                try await expectError(.unsupported, from: "a write with a lifetime") {
                    try await bed.store.write(
                        ["n": 1],
                        to: bed.key("a"),
                        lifetime: .until(bed.now.advanced(by: .seconds(9)))
                    )
                }
                try expectEqual(try await bed.store.count(bed.collection), 0, "the number of documents")
                try await expectError(.unsupported, from: "a collection with a default lifetime") {
                    try await bed.store.ensureCollection(CollectionDefinition("short", defaultLifetime: .seconds(60)))
                }
            },
            expiring("an expired document is invisible to every kind of read") { bed in
                try await bed.put(["n": 1], to: bed.key("stays"))
                try await bed.put(["n": 1], to: bed.key("goes"), lifetime: .until(bed.now.advanced(by: bed.lifetime)))
                if bed.suite.hasClock { try await expectVisible(bed, ["goes", "stays"]) }
                try await bed.pass(bed.lifetime)
                try await expectVisible(bed, ["stays"])
            },
            expiring("an expired document does not exist for conditions") { bed in
                let soon = Lifetime.until(bed.now.advanced(by: bed.lifetime))
                let tag = try await bed.put(["n": 1], to: bed.key("a"), lifetime: soon)
                try await bed.pass(bed.lifetime)
                let writes: [(String, DocumentWrite)] = [
                    ("a replace", .put(["n": 2], to: bed.key("a"), condition: .replace)),
                    ("a write at its tag", .put(["n": 2], to: bed.key("a"), condition: .ifMatches(tag))),
                    ("a patch", .patch(bed.key("a"), [.set("n", 2)])), ("a delete", .delete(bed.key("a"))),
                ]
                for (name, write) in writes {
                    let outcome = try await bed.store.write(write)
                    try expectRejected(outcome, "\(name) of an expired document", as: "notFound", \.isNotFound)
                }
                let again = try await bed.put(["n": 3], to: bed.key("a"), condition: .insert)
                try expect(again != tag, "the tag of the new document is a new one")
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 3], "the new document")
                try await bed.pass(bed.lifetime)
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 3], "the new document, later")
            },
            expiring("a document whose time has passed already is invisible from the start") { bed in
                let past = Lifetime.until(bed.now.advanced(by: .seconds(-1)))
                let outcome = try await bed.store.write(["n": 1], to: bed.key("a"), lifetime: past)
                try expect(outcome.isApplied, "the write is applied", seen: brief(outcome))
                try expectEqual(try await bed.store.read(bed.key("a")), nil, "what is read")
            },
            expiring("a document tells when it expires, and one that does not tells nothing") { bed in
                let time = bed.now.advanced(by: .seconds(3_600))
                try await bed.put(["n": 1], to: bed.key("a"), lifetime: .until(time))
                try await bed.put(["n": 1], to: bed.key("b"))
                try expectEqual(try await bed.store.read(bed.key("a"))?.expiresAt, time, "expiresAt")
                try expectEqual(try await bed.store.read(bed.key("b"))?.expiresAt, nil, "expiresAt of another")
                try await bed.put(["n": 1], to: bed.key("a"))
                try expectEqual(try await bed.store.read(bed.key("a"))?.expiresAt, nil, "expiresAt after a new write")
            },
            expiring("a document expires at its millisecond, not before") { bed in
                guard bed.suite.hasClock else { return }
                let time = bed.now.advanced(by: .seconds(60))
                try await bed.put(["n": 1], to: bed.key("a"), lifetime: .until(time))
                try await bed.pass(.milliseconds(59_999))
                try await expectVisible(bed, ["a"])
                try await bed.pass(.milliseconds(1))
                try await expectVisible(bed, [])
            },
            expiring("a collection's default lifetime counts from the last write, unless the write says forever") {
                bed in
                guard bed.suite.hasClock else { return }
                try await bed.store.ensureCollection(
                    CollectionDefinition(bed.collection, defaultLifetime: .seconds(60))
                )
                try await bed.put(["n": 1], to: bed.key("default"))
                try await bed.put(["n": 1], to: bed.key("forever"), lifetime: .forever)
                try await bed.put(["n": 1], to: bed.key("rewritten"))
                try expectEqual(
                    try await bed.store.read(bed.key("default"))?.expiresAt,
                    bed.now.advanced(by: .seconds(60)),
                    "expiresAt by default"
                )
                try await bed.pass(.seconds(40))
                try await bed.put(["n": 2], to: bed.key("rewritten"))
                try await bed.pass(.seconds(40))
                try await expectVisible(bed, ["forever", "rewritten"])
                try await bed.pass(.seconds(40))
                try await expectVisible(bed, ["forever"])
            },
            expiring("a patch leaves the expiry as it is, unless it says otherwise") { bed in
                let time = bed.now.advanced(by: .seconds(3_600))
                try await bed.put(["n": 1], to: bed.key("a"), lifetime: .until(time))
                _ = try await bed.store.patch(bed.key("a"), [.set("n", 2)])
                try expectEqual(try await bed.store.read(bed.key("a"))?.expiresAt, time, "expiresAt after a patch")
                let write = DocumentWrite(
                    .patch([.set("n", 3)], ifMatches: nil),
                    key: bed.key("a"),
                    lifetime: .forever
                )
                _ = try await bed.store.write(write)
                try expectEqual(
                    try await bed.store.read(bed.key("a"))?.expiresAt,
                    nil,
                    "expiresAt after a patch for ever"
                )
            },
            expiring("purging removes expired documents only, at most as many as asked for, and counts them") { bed in
                guard let store = bed.store as? any ExpiringStore else { return }
                let soon = Lifetime.until(bed.now.advanced(by: bed.lifetime))
                try await bed.put(["n": 1], to: bed.key("stays"))
                for number in 0..<5 { try await bed.put(["n": 1], to: bed.key(DocumentBed.id(number)), lifetime: soon) }
                if bed.suite.hasClock {
                    let early = try await store.purgeExpired(in: bed.collection, limit: 100)
                    try expectEqual(early, 0, "the number purged before the time")
                }
                try await bed.pass(bed.lifetime)
                try expectEqual(
                    try await store.purgeExpired(in: bed.collection, limit: 3),
                    3,
                    "the first number purged"
                )
                try expectEqual(try await store.purgeExpired(in: bed.collection, limit: 3), 2, "the next number purged")
                try expectEqual(try await store.purgeExpired(in: bed.collection, limit: 3), 0, "the last number purged")
                try await expectVisible(bed, ["stays"])
                try await expectError(.invalidArgument, from: "purgeExpired with limit 0") {
                    try await store.purgeExpired(in: bed.collection, limit: 0)
                }
            },
        ]
    }

    private func expiring(_ name: String, _ body: @escaping @Sendable (DocumentBed) async throws -> Void) -> Behaviour {
        behaviour(name) { bed in
            guard bed.capabilities.supportsExpiry else { return }
            try await body(bed)
        }
    }

    private func expectVisible(_ bed: DocumentBed, _ ids: [String]) async throws {
        let keys = ["goes", "stays", "a", "default", "forever", "rewritten"].map { bed.key(DocumentID($0)) }
        let wanted = ids.sorted()
        var read: [String] = []
        for key in keys { if let found = try await bed.store.read(key) { read.append(found.key.id.text) } }
        try expectEqual(read.sorted(), wanted, "what read finds")
        let many = try await bed.store.readMany(keys).compactMap(\.self)
        try expectEqual(many.ids.sorted(), wanted, "what readMany finds")
        try expectEqual(try await bed.all(DocumentQuery(bed.collection)).ids.sorted(), wanted, "what a query finds")
        if bed.capabilities.supportsSort {
            let sorted = try await bed.all(DocumentQuery(bed.collection, sort: [.ascending("n")]))
            try expectEqual(sorted.ids, wanted, "what a sorted query finds")
        }
        try expectEqual(try await bed.scan(ScanRange(bed.collection)).ids.sorted(), wanted, "what a scan finds")
        try expectEqual(try await bed.store.count(bed.collection), wanted.count, "the count")
    }

    /// Unique indexes.
    var uniqueIndexes: [Behaviour] {
        [
            behaviour("a store without unique indexes says unsupported") { bed in
                guard !bed.capabilities.supportsUniqueIndexes else { return }
                try await expectError(.unsupported, from: "a collection with a unique index") {
                    try await bed.store.ensureCollection(Self.accounts)
                }
            },
            unique("a unique index refuses a second document with equal values, by name") { bed, key in
                try await bed.put(["mail": "ada", "kind": 1], to: key("a"))
                let cases: [(DocumentWrite, String)] = [
                    (.put(["mail": "ada", "kind": 1], to: key("b")), "an upsert"),
                    (.put(["kind": .double(1), "mail": "ada"], to: key("b"), condition: .insert), "an insert"),
                    (.put(["mail": "ada", "kind": 1], to: key("c"), condition: .replace), "a replace"),
                    (.patch(key("c"), [.set("mail", "ada")]), "a patch"),
                ]
                try await bed.put(["mail": "bob", "kind": 1], to: key("c"))
                try await bed.unchanged(key("c"), by: "refused writes") {
                    for (write, name) in cases {
                        let outcome = try await bed.store.write(write)
                        try expectRejected(outcome, name, as: "uniqueIndex byMail") { $0.uniqueIndex == "byMail" }
                    }
                }
                try expectEqual(try await bed.store.read(key("b")), nil, "what a refused write wrote")
            },
            unique("a unique index leaves out documents that lack one of its fields") { bed, key in
                let bodies: [Document] = [["mail": "ada"], ["mail": "ada"], ["kind": 1], [:], [:]]
                for (index, body) in bodies.enumerated() {
                    try await bed.put(body, to: key(DocumentBed.id(index)))
                }
                try await bed.put(["mail": "ada", "kind": nil], to: key("null"))
                let outcome = try await bed.store.write(["mail": "ada", "kind": nil], to: key("null2"))
                try expectRejected(outcome, "a second null", as: "uniqueIndex byMail") { $0.uniqueIndex == "byMail" }
            },
            unique("a unique value is free again after a delete or a change, and a document may keep its own") {
                bed,
                key in
                let body: Document = ["mail": "ada", "kind": 1]
                try await bed.put(body, to: key("a"))
                try await bed.put(body, to: key("a"))
                _ = try await bed.store.patch(key("a"), [.set("other", 1)])
                _ = try await bed.store.delete(key("a"))
                try await bed.put(body, to: key("b"), condition: .insert)
                try await bed.put(["mail": "bob", "kind": 1], to: key("b"))
                try await bed.put(body, to: key("c"), condition: .insert)
            },
            unique("writes of one batch or transaction keep a unique index among themselves") { bed, key in
                let body: Document = ["mail": "ada", "kind": 1]
                let outcomes = try await bed.store.writeBatch([.put(body, to: key("a")), .put(body, to: key("b"))])
                try expect(outcomes[0].isApplied, "the first write is applied", seen: brief(outcomes[0]))
                try expectRejected(outcomes[1], "the second write", as: "uniqueIndex") { $0.uniqueIndex == "byMail" }
                guard bed.capabilities.maximumTransactionWrites >= 2 else { return }
                let refused = try await bed.store.transact([.put(["n": 1], to: key("x")), .put(body, to: key("y"))])
                guard case .rejected(index: 1, .uniqueIndex("byMail")) = refused else {
                    throw Mismatch(expectation: "rejected at index 1 as uniqueIndex byMail", observed: brief(refused))
                }
                try expectEqual(try await bed.store.read(key("x")), nil, "what the refused transaction wrote")
                let moved = try await bed.store.transact([.delete(key("a")), .put(body, to: key("y"))])
                try expect(moved.isApplied, "a transaction that frees the value first is applied", seen: brief(moved))
            },
        ]
    }

    private static let accounts = CollectionDefinition(
        "accounts",
        indexes: [IndexDefinition("byMail", fields: [.ascending("mail"), .ascending("kind")], isUnique: true)]
    )

    private func unique(
        _ name: String,
        _ body: @escaping @Sendable (DocumentBed, @Sendable (DocumentID) -> DocumentKey) async throws -> Void
    ) -> Behaviour {
        behaviour(name) { bed in
            guard bed.capabilities.supportsUniqueIndexes else { return }
            try await bed.store.ensureCollection(Self.accounts)
            try await body(bed) { DocumentKey(collection: "accounts", id: $0) }
        }
    }
}
