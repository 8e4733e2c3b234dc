internal import MigrationCore

extension DocumentStoreConformance {
    /// The change feed.
    var changes: [Behaviour] {
        [
            behaviour("the capabilities say whether there is a change feed") { bed in
                try expectEqual(
                    bed.capabilities.changeHistory != .none,
                    bed.store is any ChangeFeed,
                    "whether the store is a ChangeFeed, by its capabilities"
                )
            },
            feed("a feed from the beginning shows every document that exists") { bed, feed in
                try await bed.fill(7)
                _ = try await bed.store.delete(bed.key("d003"))
                for limit in [1, 5, 6, 7, 100] {
                    let changes = try await drain(feed, bed.collection, from: .beginning, limit: limit)
                    let state = replay(changes)
                    try expectEqual(
                        state.keys.sorted(),
                        [0, 1, 2, 4, 5, 6].map { DocumentBed.id($0).text },
                        "the documents"
                    )
                    try expectEqual(state["d004"]?.document, ["n": 4], "a document")
                }
            },
            feed("a feed after a point shows what was acknowledged since, and nothing else") { bed, feed in
                try await bed.fill(3)
                let start = try await feed.currentContinuation(in: bed.collection)
                try expectEqual(
                    try await drain(feed, bed.collection, from: .after(start)).count,
                    0,
                    "the number of changes before any"
                )
                let tag = try await bed.put(["n": 10], to: bed.key("d001"))
                try await bed.put(["n": 11], to: bed.key("new"))
                let changes = try await drain(feed, bed.collection, from: .after(start))
                try expectEqual(changes.compactMap { $0.key?.id.text }, ["d001", "new"], "the changed keys, in order")
                guard case .written(let document) = changes[0].kind else {
                    throw Mismatch(expectation: "a written document", observed: brief(changes[0]))
                }
                try expectEqual(document.document, ["n": 10], "the changed document")
                try expectEqual(document.etag, tag, "its tag")
            },
            feed("changes of one key come in their order and end with its last state") { bed, feed in
                let start = try await feed.currentContinuation(in: bed.collection)
                for round in 0..<20 {
                    try await bed.put(["n": .int32(Int32(round))], to: bed.key("a"))
                    if round % 4 == 3 { try await bed.put(["n": .int32(Int32(round))], to: bed.key("b")) }
                }
                let changes = try await drain(feed, bed.collection, from: .after(start), limit: 3)
                for id in ["a", "b"] {
                    let numbers = changes.compactMap { change -> Int32? in
                        guard change.key?.id.text == id, case .written(let stored) = change.kind,
                            case .int32(let number)? = stored.document["n"]
                        else { return nil }
                        return number
                    }
                    try expectEqual(numbers, numbers.sorted(), "the order of the versions of \(id)")
                    try expectEqual(numbers.last, 19, "the last version of \(id)")
                }
            },
            feed("the changes of batches, transactions and patches are shown too") { bed, feed in
                let start = try await feed.currentContinuation(in: bed.collection)
                _ = try await bed.store.writeBatch([.put(["n": 1], to: bed.key("a")), .put(["n": 1], to: bed.key("b"))])
                _ = try await bed.store.patch(bed.key("b"), [.set("n", 2)])
                if bed.capabilities.maximumTransactionWrites >= 2 {
                    _ = try await bed.store.transact([
                        .put(["n": 1], to: bed.key("c")), .put(["n": 1], to: bed.key("d")),
                    ])
                } else {
                    try await bed.put(["n": 1], to: bed.key("c"))
                    try await bed.put(["n": 1], to: bed.key("d"))
                }
                let state = replay(try await drain(feed, bed.collection, from: .after(start)))
                try expectEqual(state.keys.sorted(), ["a", "b", "c", "d"], "the changed documents")
                try expectEqual(state["b"]?.document, ["n": 2], "the patched document")
            },
            feed("a refused write is no change") { bed, feed in
                try await bed.put(["n": 1], to: bed.key("a"))
                let start = try await feed.currentContinuation(in: bed.collection)
                _ = try await bed.store.write(["n": 2], to: bed.key("a"), condition: .insert)
                _ = try await bed.store.delete(bed.key("none"))
                if bed.capabilities.maximumTransactionWrites >= 2 {
                    _ = try await bed.store.transact([.put(["n": 1], to: bed.key("b")), .delete(bed.key("none"))])
                }
                let changes = try await drain(feed, bed.collection, from: .after(start))
                try expectEqual(changes.count, 0, "the number of changes")
            },
            feed("deletes are shown where the capabilities say so") { bed, feed in
                guard bed.capabilities.changeHistory == .latestVersionsAndDeletes else { return }
                try await bed.fill(2)
                let start = try await feed.currentContinuation(in: bed.collection)
                _ = try await bed.store.delete(bed.key("d000"))
                let changes = try await drain(feed, bed.collection, from: .after(start))
                guard let last = changes.last, last.key?.id.text == "d000", case .deleted = last.kind else {
                    throw Mismatch(expectation: "the delete of d000", observed: brief(changes))
                }
                try await bed.put(["n": 5], to: bed.key("d000"))
                _ = try await bed.store.delete(bed.key("d001"))
                let state = replay(try await drain(feed, bed.collection, from: .after(start)))
                try expectEqual(state.keys.sorted(), ["d000"], "the documents after all changes")
            },
            feed("a page of changes holds at most as many as asked for, and its continuation goes on behind it") {
                bed,
                feed in
                try await bed.fill(10)
                for limit in [1, 3, 10, 11] {
                    var ids: [String] = []
                    var start = ChangeFeedStart.beginning
                    for _ in 0..<100 {
                        let page = try await feed.changes(
                            in: bed.collection,
                            from: start,
                            limit: limit,
                            waitingUpTo: .zero
                        )
                        try expect(
                            page.changes.count <= limit,
                            "at most \(limit) changes",
                            seen: "\(page.changes.count)"
                        )
                        ids += page.changes.compactMap { $0.key?.id.text }
                        start = .after(page.continuation)
                        if page.changes.isEmpty { break }
                    }
                    try expectEqual(Set(ids).count, 10, "the number of changed documents, \(limit) at a time")
                    try expectEqual(ids.count, 10, "the number of changes")
                }
            },
            feed("a change's own continuation goes on right behind it") { bed, feed in
                let start = try await feed.currentContinuation(in: bed.collection)
                try await bed.fill(5)
                let changes = try await drain(feed, bed.collection, from: .after(start))
                try expectEqual(changes.count, 5, "the number of changes")
                let rest = try await drain(feed, bed.collection, from: .after(changes[1].continuation))
                try expectEqual(
                    rest.compactMap { $0.key?.id.text },
                    ["d002", "d003", "d004"],
                    "the changes behind the second"
                )
            },
            feed("a feed shows its own collection only, and one that does not exist has no changes") { bed, feed in
                try await bed.store.ensureCollection(CollectionDefinition("others"))
                let start = try await feed.currentContinuation(in: bed.collection)
                try await bed.put(["n": 1], to: DocumentKey(collection: "others", id: "a"))
                try expectEqual(try await drain(feed, bed.collection, from: .after(start)).count, 0, "changes here")
                try expectEqual(try await drain(feed, "others", from: .beginning).count, 1, "changes there")
                try expectEqual(try await drain(feed, "nowhere", from: .beginning).count, 0, "changes nowhere")
            },
            feed("a wait for changes wakes up with the first, and ends after its patience") { bed, feed in
                let start = try await feed.currentContinuation(in: bed.collection)
                let page = try await within(bed.options.patience, "changes wakes up") {
                    try await withThrowingTaskGroup(of: ChangePage.self) { group in
                        group.addTask {
                            var start = start
                            while true {
                                let page = try await feed.changes(
                                    in: bed.collection,
                                    from: .after(start),
                                    limit: 5,
                                    waitingUpTo: bed.options.patience * 2
                                )
                                if !page.changes.isEmpty { return page }
                                start = page.continuation
                            }
                        }
                        try await Task.sleep(for: .milliseconds(10))
                        try await bed.put(["n": 1], to: bed.key("a"))
                        guard let page = try await group.next() else { throw CancellationError() }
                        return page
                    }
                }
                try expectEqual(page.changes.compactMap { $0.key?.id.text }, ["a"], "the changes")
                let none = try await within(bed.options.patience, "changes returns after its patience") {
                    try await feed.changes(
                        in: bed.collection,
                        from: .after(page.continuation),
                        limit: 5,
                        waitingUpTo: .milliseconds(20)
                    )
                }
                try expectEqual(none.changes.count, 0, "the number of changes after the patience")
            },
            feed("a wait for changes ends when its task is cancelled") { bed, feed in
                let start = try await feed.currentContinuation(in: bed.collection)
                try await within(bed.options.patience, "the cancelled wait ends") {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            do {
                                _ = try await feed.changes(
                                    in: bed.collection,
                                    from: .after(start),
                                    limit: 5,
                                    waitingUpTo: bed.options.patience * 2
                                )
                            } catch {
                                guard error.storeCode == .cancelled else { throw error }
                            }
                        }
                        try await Task.sleep(for: .milliseconds(10))
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                }
                try await bed.put(["n": 1], to: bed.key("a"))
            },
            feed("bad input to a feed is invalidArgument or invalidContinuation") { bed, feed in
                for limit in [0, -1] {
                    try await expectError(.invalidArgument, from: "changes with limit \(limit)") {
                        try await feed.changes(in: bed.collection, from: .beginning, limit: limit, waitingUpTo: .zero)
                    }
                }
                try await bed.store.ensureCollection(CollectionDefinition("others"))
                let other = try await feed.currentContinuation(in: "others")
                for place in [Continuation(text: ""), Continuation(text: "nonsense"), other] {
                    try await expectError(.invalidContinuation, from: "changes after \(place.text)") {
                        try await feed.changes(in: bed.collection, from: .after(place), limit: 5, waitingUpTo: .zero)
                    }
                }
            },
            feed("a scan and the changes since before it miss nothing that others write meanwhile") { bed, feed in
                try await bed.fill(60)
                let start = try await feed.currentContinuation(in: bed.collection)
                let isDone = Locked(false)
                var state: [String: StoredDocument] = [:]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for round in 0..<150 {
                            let number = (round * 7) % 80
                            await Task.yield()
                            if bed.capabilities.changeHistory == .latestVersionsAndDeletes, round % 5 == 4 {
                                _ = try await bed.store.delete(bed.key(DocumentBed.id(number)))
                            } else {
                                try await bed.put(
                                    ["n": .int32(Int32(1_000 + round))],
                                    to: bed.key(DocumentBed.id(number))
                                )
                            }
                        }
                        isDone.withLock { $0 = true }
                    }
                    for document in try await bed.scan(ScanRange(bed.collection), pageSize: 5) {
                        state[document.key.id.text] = document
                        await Task.yield()
                    }
                    try await group.waitForAll()
                }
                for change in try await drain(feed, bed.collection, from: .after(start), limit: 7) {
                    apply(change, to: &state)
                }
                let now = try await bed.scan(ScanRange(bed.collection))
                let wanted = Dictionary(uniqueKeysWithValues: now.map { ($0.key.id.text, $0.etag) })
                try expectEqual(state.mapValues(\.etag), wanted, "the copy made of scan and changes")
            },
            feed("a feed goes on after a restart") { bed, feed in
                try await bed.fill(3)
                let start = try await feed.currentContinuation(in: bed.collection)
                try await bed.put(["n": 7], to: bed.key("d001"))
                guard let again = try await bed.reopened(), let feed = again.store as? any ChangeFeed else { return }
                try await again.put(["n": 8], to: bed.key("d002"))
                let changes = try await drain(feed, bed.collection, from: .after(start))
                try expectEqual(changes.compactMap { $0.key?.id.text }, ["d001", "d002"], "the changed keys")
                await again.store.close()
            },
        ]
    }

    private func feed(
        _ name: String,
        _ body: @escaping @Sendable (DocumentBed, any ChangeFeed) async throws -> Void
    ) -> Behaviour {
        behaviour(name) { bed in
            guard let feed = bed.store as? any ChangeFeed else { return }
            try await body(bed, feed)
        }
    }

    /// All changes from a point to the present end.
    private func drain(
        _ feed: any ChangeFeed,
        _ collection: CollectionName,
        from start: ChangeFeedStart,
        limit: Int = 100
    ) async throws -> [DocumentChange] {
        var changes: [DocumentChange] = []
        var start = start
        while true {
            let page = try await feed.changes(in: collection, from: start, limit: limit, waitingUpTo: .zero)
            guard !page.changes.isEmpty else { return changes }
            changes += page.changes
            start = .after(page.continuation)
            guard changes.count < 10_000 else {
                throw Mismatch(expectation: "a feed without new changes ends", observed: "10000 changes and no end")
            }
        }
    }

    private func replay(_ changes: [DocumentChange]) -> [String: StoredDocument] {
        var state: [String: StoredDocument] = [:]
        for change in changes { apply(change, to: &state) }
        return state
    }

    private func apply(_ change: DocumentChange, to state: inout [String: StoredDocument]) {
        guard let key = change.key else { return }
        switch change.kind {
        case .written(let stored): state[key.id.text] = stored
        case .deleted: state[key.id.text] = nil
        case .unreadable: break
        }
    }
}
