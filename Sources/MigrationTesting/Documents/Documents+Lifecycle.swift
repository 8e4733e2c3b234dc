internal import MigrationCore

extension DocumentStoreConformance {
    /// Many tasks at once.
    var concurrency: [Behaviour] {
        [
            behaviour("many tasks insert under one key: exactly one wins") { bed in
                for round in 0..<6 {
                    let key = bed.key(DocumentBed.id(round))
                    let outcomes = try await each(bed.options.tasks) { task in
                        try await retrying {
                            try await bed.store.write(["task": .int32(Int32(task))], to: key, condition: .insert)
                        }
                    }
                    try expectEqual(outcomes.count { $0.isApplied }, 1, "the number of winners")
                    let winner = outcomes.firstIndex { $0.isApplied } ?? -1
                    let stored = try await bed.store.read(key)
                    try expectEqual(stored?.document, ["task": .int32(Int32(winner))], "the document of the winner")
                }
            },
            behaviour("many tasks compare and swap: no update is lost") { bed in
                try await bed.put(["n": 0], to: bed.key("counter"))
                let rounds = 4
                _ = try await each(bed.options.tasks) { _ in
                    var left = rounds
                    while left > 0 {
                        guard let stored = try await bed.store.read(bed.key("counter")),
                            case .int32(let number)? = stored.document["n"]
                        else { throw Mismatch(expectation: "the counter is there", observed: "nothing") }
                        let outcome = try await retrying {
                            try await bed.store.write(
                                ["n": .int32(number + 1)],
                                to: bed.key("counter"),
                                condition: .ifMatches(stored.etag)
                            )
                        }
                        if outcome.isApplied { left -= 1 }
                        await Task.yield()
                    }
                }
                let total = Int32(bed.options.tasks * rounds)
                try expectEqual(
                    try await bed.store.read(bed.key("counter"))?.document,
                    ["n": .int32(total)],
                    "the counter"
                )
            },
            behaviour("many tasks increment one number: none is lost") { bed in
                try await bed.put(["n": 0], to: bed.key("counter"))
                _ = try await each(bed.options.tasks) { _ in
                    for _ in 0..<4 {
                        try await retrying {
                            let outcome = try await bed.store.patch(bed.key("counter"), [.increment("n", by: 1)])
                            try expect(outcome.isApplied, "the patch is applied", seen: brief(outcome))
                        }
                    }
                }
                let total = Int32(bed.options.tasks * 4)
                try expectEqual(
                    try await bed.store.read(bed.key("counter"))?.document,
                    ["n": .int32(total)],
                    "the counter"
                )
            },
            behaviour("many tasks write keys of their own: none is lost, and no tag is given twice") { bed in
                let tags = try await each(bed.options.tasks) { task -> [ETag] in
                    var tags: [ETag] = []
                    for round in 0..<10 {
                        let key = bed.key(DocumentBed.id(task * 10 + round))
                        tags.append(try await retrying { try await bed.put(["n": 1], to: key) })
                    }
                    return tags
                }
                let count = bed.options.tasks * 10
                try expectEqual(try await bed.store.count(bed.collection), count, "the number of documents")
                try expectEqual(Set(tags.joined()).count, count, "the number of different tags")
            },
        ]
    }

    /// Closing, cancelling and restarting.
    var lifecycle: [Behaviour] {
        [
            behaviour("after close every call throws closed, and closing again does nothing") { bed in
                try await bed.put(["n": 1], to: bed.key("a"))
                await bed.store.close()
                await bed.store.close()
                let store = bed.store
                let key = bed.key("a")
                var calls: [(String, () async throws -> Void)] = [
                    ("read", { _ = try await store.read(key) }), ("readMany", { _ = try await store.readMany([key]) }),
                    ("write", { _ = try await store.write(["n": 2], to: key) }),
                    ("writeBatch", { _ = try await store.writeBatch([.delete(key)]) }),
                    ("query", { _ = try await store.query(DocumentQuery(bed.collection), after: nil, pageSize: 1) }),
                    ("count", { _ = try await store.count(bed.collection) }),
                    ("scan", { _ = try await store.scan(ScanRange(bed.collection), after: nil, pageSize: 1) }),
                    ("scanRanges", { _ = try await store.scanRanges(of: bed.collection, maximumCount: 2) }),
                    ("collections", { _ = try await store.collections() }),
                    ("ensureCollection", { try await store.ensureCollection(CollectionDefinition("new")) }),
                ]
                if bed.capabilities.maximumTransactionWrites > 0 {
                    calls.append(("transact", { _ = try await store.transact([.delete(key)]) }))
                }
                if let feed = store as? any ChangeFeed {
                    calls.append(
                        (
                            "changes",
                            {
                                _ = try await feed.changes(
                                    in: bed.collection,
                                    from: .beginning,
                                    limit: 1,
                                    waitingUpTo: .zero
                                )
                            }
                        )
                    )
                    calls.append(
                        ("currentContinuation", { _ = try await feed.currentContinuation(in: bed.collection) })
                    )
                }
                if let expiring = store as? any ExpiringStore {
                    calls.append(
                        ("purgeExpired", { _ = try await expiring.purgeExpired(in: bed.collection, limit: 1) })
                    )
                }
                for (name, call) in calls { try await expectError(.closed, from: "\(name) after close", call) }
            },
            behaviour("a cancelled task writes nothing, is told so, and leaves the store usable") { bed in
                try await expectError(.cancelled, from: "a write of a cancelled task") {
                    try await cancelled { try await bed.store.write(["n": 1], to: bed.key("a")) }
                }
                try await expectError(.cancelled, from: "a batch of a cancelled task") {
                    try await cancelled { try await bed.store.writeBatch([.put(["n": 1], to: bed.key("a"))]) }
                }
                try expectEqual(try await bed.store.read(bed.key("a")), nil, "what a cancelled task wrote")
                try await bed.put(["n": 2], to: bed.key("a"))
            },
            behaviour("a read by a cancelled task throws cancelled") { bed in
                try await expectError(.cancelled, from: "a read of a cancelled task") {
                    try await cancelled { try await bed.store.read(bed.key("a")) }
                }
                try await expectError(.cancelled, from: "a scan of a cancelled task") {
                    try await cancelled {
                        try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: 1)
                    }
                }
            },
            behaviour("documents, tags, keys and collections survive a restart") { bed in
                let definition = CollectionDefinition("orders", partitionPaths: ["tenant"])
                try await bed.store.ensureCollection(definition)
                let keys = [
                    bed.key("a"), bed.key("a", [.absent]), bed.key("a", [nil]), bed.key("a", [""]), bed.key("=true"),
                ]
                var tags: [ETag] = []
                for (index, key) in keys.enumerated() {
                    tags.append(
                        try await bed.put(["n": .int32(Int32(index)), "all": .array(SampleValues.all)], to: key)
                    )
                }
                let before = try await bed.store.readMany(keys)
                guard let again = try await bed.reopened() else { return }
                let after = try await again.store.readMany(keys)
                try expectEqual(after.map { $0?.document.bson }, before.map { $0?.document.bson }, "the bodies")
                try expectEqual(after.map { $0?.etag }, tags, "the tags")
                try expectEqual(
                    try await again.store.collections().first { $0.name == "orders" }?.partitionPaths,
                    ["tenant"],
                    "the partition path"
                )
                let next = try await again.put(["n": 0], to: keys[0], condition: .ifMatches(tags[0]))
                try expect(!tags.contains(next), "a tag after a restart is a new one", seen: next.text)
                await again.store.close()
            },
        ]
    }
}
