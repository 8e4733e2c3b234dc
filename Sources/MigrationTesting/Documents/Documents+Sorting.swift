internal import MigrationCore

extension DocumentStoreConformance {
    /// The one sort order.
    var sorting: [Behaviour] {
        [
            behaviour("a store that cannot sort says unsupported") { bed in
                guard !bed.capabilities.supportsSort else { return }
                try await expectError(.unsupported, from: "a sorted query") {
                    let query = DocumentQuery(bed.collection, sort: [SortField("n")])
                    return try await bed.store.query(query, after: nil, pageSize: 10)
                }
            },
            sort("an ascending sort follows the one order over all types, missing first") { bed in
                try await expectOrder(bed, .ascending)
            },
            sort("a descending sort is the reverse order over all types, missing last") { bed in
                try await expectOrder(bed, .descending)
            },
            sort("documents that sort equal follow by partition key and id, in both directions") { bed in
                let partitions: [PartitionKey] = [["b"], ["a"], .unpartitioned, [nil], [1]]
                let ids = ["z", "a", "\u{E9}", "B", "\u{1F680}", "\u{FF5E}"] as [DocumentID]
                var keys: [DocumentKey] = []
                for partition in partitions {
                    for id in ids { keys.append(bed.key(id, partition)) }
                }
                for (index, key) in keys.enumerated() {
                    try await bed.put(["n": index % 2 == 0 ? .int32(1) : .double(1)], to: key)
                }
                let sorted = keys.sorted { a, b in
                    let left = Array(a.partition.text.utf8)
                    let right = Array(b.partition.text.utf8)
                    if left != right { return left.lexicographicallyPrecedes(right) }
                    return a.id.text.utf8.lexicographicallyPrecedes(b.id.text.utf8)
                }
                for direction in [SortField.Direction.ascending, .descending] {
                    let query = DocumentQuery(bed.collection, sort: [SortField("n", direction)])
                    let found = try await bed.all(query, pageSize: 7).map(\.key)
                    try expectEqual(
                        found.map(\.debugDescription),
                        sorted.map(\.debugDescription),
                        "the keys, \(direction)"
                    )
                }
            },
            sort("a sort by several fields takes them in turn, each in its direction") { bed in
                for (id, a, b) in [("p", 1, 1), ("q", 1, 2), ("r", 2, 1), ("s", 2, 2)] as [(DocumentID, Value, Value)] {
                    try await bed.put(["a": a, "b": ["c": b]], to: bed.key(id))
                }
                try await bed.put(["a": 1], to: bed.key("t"))
                let cases: [([SortField], [String])] = [
                    ([.ascending("a"), .descending("b.c")], ["q", "p", "t", "s", "r"]),
                    ([.descending("a"), .ascending("b.c")], ["r", "s", "t", "p", "q"]),
                    ([.ascending("b.c"), .ascending("a")], ["t", "p", "r", "q", "s"]),
                ]
                for (fields, ids) in cases {
                    for pageSize in [1, 2, 10] {
                        let found = try await bed.all(DocumentQuery(bed.collection, sort: fields), pageSize: pageSize)
                        try expectEqual(found.ids, ids, "the ids sorted by \(fields)")
                    }
                }
            },
            sort("a sorted query goes on in pages of every size, also among equal values") { bed in
                for number in 0..<11 {
                    try await bed.put(["n": .int32(Int32(number / 4))], to: bed.key(DocumentBed.id(number)))
                }
                let ids = (0..<11).map { DocumentBed.id($0).text }
                for pageSize in [1, 2, 10, 11, 12] {
                    let query = DocumentQuery(bed.collection, sort: [.ascending("n")])
                    try expectEqual(try await bed.all(query, pageSize: pageSize).ids, ids, "pages of \(pageSize)")
                }
            },
            sort("a sorted query that goes on after writes neither repeats nor skips what stayed") { bed in
                try await bed.fill(20)
                let query = DocumentQuery(bed.collection, sort: [.descending("n")])
                let first = try await bed.store.query(query, after: nil, pageSize: 8)
                let place = try expectNotNil(first.continuation, "a first page of 8 of 20 documents has a continuation")
                _ = try await bed.store.delete(bed.key("d012"))
                _ = try await bed.store.delete(bed.key("d015"))
                try await bed.put(["n": 100], to: bed.key("new"))
                var rest: [String] = []
                var next: Continuation? = place
                while let place = next {
                    let page = try await bed.store.query(query, after: place, pageSize: 5)
                    rest += page.documents.ids
                    next = page.continuation
                }
                let wanted = (0..<12).reversed().map { DocumentBed.id($0).text }
                try expectEqual(rest, wanted, "the ids behind the first page")
            },
        ]
    }

    private func sort(_ name: String, _ body: @escaping @Sendable (DocumentBed) async throws -> Void) -> Behaviour {
        behaviour(name) { bed in
            guard bed.capabilities.supportsSort else { return }
            try await answer(bed) { try await body(bed) }
        }
    }

    private func expectOrder(_ bed: DocumentBed, _ direction: SortField.Direction) async throws {
        let places = OrderedValues.all
        // Ids follow another order than values, so that the id's order cannot pass for the value's.
        let writes = places.enumerated().map { index, place in
            DocumentWrite.put(OrderedValues.document(place), to: bed.key(DocumentBed.id((index * 67) % 997)))
        }
        for outcome in try await bed.store.writeBatch(writes) {
            try expect(outcome.isApplied, "the write is applied", seen: brief(outcome))
        }
        let groups = Dictionary(
            uniqueKeysWithValues: places.enumerated().map { (DocumentBed.id(($0 * 67) % 997).text, $1.group) }
        )
        let wanted = places.map(\.group)
        for pageSize in [7, places.count] {
            let query = DocumentQuery(bed.collection, sort: [SortField("v", direction)])
            let found = try await bed.all(query, pageSize: pageSize)
            let seen = found.map { groups[$0.key.id.text] ?? -1 }
            let order = direction == .ascending ? wanted : wanted.reversed()
            guard seen != order else { continue }
            let index = zip(seen, order).enumerated().first { $1.0 != $1.1 }?.offset ?? min(seen.count, order.count)
            let value =
                found.indices.contains(index) ? found[index].document["v"].map { brief($0) } ?? "missing" : "the end"
            throw Mismatch(
                expectation: "the values come in the one order, \(direction)",
                observed: "\(value) at place \(index) of \(found.count)"
            )
        }
    }

    /// Limits, pages and continuations of queries.
    var paging: [Behaviour] {
        [
            behaviour("a query without a limit returns all documents, in pages of every size") { bed in
                try await bed.fill(11)
                let wanted = (0..<11).map { DocumentBed.id($0).text }
                for pageSize in [1, 10, 11, 12, 1_000] {
                    let found = try await bed.all(DocumentQuery(bed.collection), pageSize: pageSize)
                    try expectEqual(found.ids.sorted(), wanted, "the ids in pages of \(pageSize)")
                }
            },
            behaviour("a limit of 0 selects nothing") { bed in
                try await bed.fill(3)
                for sort in [[], [SortField("n")]] where sort.isEmpty || bed.capabilities.supportsSort {
                    let found = try await bed.all(DocumentQuery(bed.collection, sort: sort, limit: 0))
                    try expectEqual(found.count, 0, "the number of documents")
                }
            },
            behaviour("a limit holds for all pages together") { bed in
                try await bed.fill(11)
                for sort in [[], [SortField("n")]] where sort.isEmpty || bed.capabilities.supportsSort {
                    for limit in [1, 4, 5, 10, 11, 12, 50] {
                        for pageSize in [1, 4, 5, 100] {
                            let query = DocumentQuery(bed.collection, sort: sort, limit: limit)
                            let found = try await bed.all(query, pageSize: pageSize)
                            try expectEqual(
                                Set(found.ids).count,
                                min(limit, 11),
                                "the number of documents, limit \(limit), pages of \(pageSize)"
                            )
                            try expectEqual(found.count, min(limit, 11), "the number of documents with repetitions")
                        }
                    }
                }
            },
            behaviour("a limit counts documents that match, not those that were looked at") { bed in
                try await bed.fill(40)
                let query = DocumentQuery(bed.collection, where: .greaterOrEqual("n", 30), limit: 5)
                try await answer(bed) {
                    try expectEqual(try await bed.all(query, pageSize: 3).count, 5, "the number of documents")
                }
            },
            behaviour("a query of one partition returns only its documents, page by page") { bed in
                for partition in [["a"], ["b"]] as [PartitionKey] { try await bed.fill(7, partition: partition) }
                for pageSize in [1, 6, 7, 8] {
                    let query = DocumentQuery(bed.collection, partition: ["b"])
                    let found = try await bed.all(query, pageSize: pageSize)
                    try expect(found.allSatisfy { $0.key.partition == ["b"] }, "only documents of the partition")
                    try expectEqual(Set(found.ids).count, 7, "the number of documents")
                }
            },
            behaviour("a continuation of another query is invalidContinuation") { bed in
                try await bed.fill(10)
                try await bed.store.ensureCollection(CollectionDefinition("others"))
                let sorts: [[SortField]] = bed.capabilities.supportsSort ? [[], [.ascending("n")]] : [[]]
                for sort in sorts {
                    let base = DocumentQuery(bed.collection, where: .exists("n"), sort: sort)
                    var others = [
                        DocumentQuery("others", where: .exists("n"), sort: sort),
                        DocumentQuery(bed.collection, where: .exists("m"), sort: sort),
                        DocumentQuery(bed.collection, where: .all, sort: sort),
                        DocumentQuery(
                            bed.collection,
                            partition: PartitionKey.unpartitioned,
                            where: .exists("n"),
                            sort: sort
                        ),
                        DocumentQuery(bed.collection, where: .exists("n"), sort: sort, limit: 9),
                    ]
                    if bed.capabilities.supportsSort {
                        others.append(DocumentQuery(bed.collection, where: .exists("n"), sort: [.descending("n")]))
                        others.append(DocumentQuery(bed.collection, where: .exists("n"), sort: [.ascending("m")]))
                    }
                    try await answer(bed) {
                        let page = try await bed.store.query(base, after: nil, pageSize: 3)
                        let place = try expectNotNil(page.continuation, "a page of 3 of 10 has a continuation")
                        for other in others {
                            try await expectError(.invalidContinuation, from: "the continuation with \(other)") {
                                try await bed.store.query(other, after: place, pageSize: 3)
                            }
                        }
                    }
                }
            },
            behaviour("a damaged continuation of a query or scan is invalidContinuation") { bed in
                try await bed.fill(10)
                let query = DocumentQuery(bed.collection)
                let page = try await bed.store.query(query, after: nil, pageSize: 3)
                let scan = try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: 3)
                let good = [page.continuation, scan.continuation].compactMap { $0?.text }
                try expectEqual(good.count, 2, "the number of continuations of first pages of 3 of 10")
                let damaged = good.flatMap { [String($0.dropLast()), "x" + $0] } + ["", "nonsense", "{}", "null"]
                for text in damaged {
                    let place = Continuation(text: text)
                    try await expectError(.invalidContinuation, from: "a query after \(text)") {
                        try await bed.store.query(query, after: place, pageSize: 3)
                    }
                    try await expectError(.invalidContinuation, from: "a scan after \(text)") {
                        try await bed.store.scan(ScanRange(bed.collection), after: place, pageSize: 3)
                    }
                }
            },
        ]
    }
}
