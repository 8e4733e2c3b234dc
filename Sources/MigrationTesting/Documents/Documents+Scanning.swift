internal import MigrationCore

extension DocumentStoreConformance {
    /// Scans and their ranges.
    var scanning: [Behaviour] {
        [
            behaviour("a scan returns every document once, in pages of every size") { bed in
                try await bed.fill(11)
                let wanted = (0..<11).map { DocumentBed.id($0).text }
                for pageSize in [1, 10, 11, 12, 1_000] {
                    let found = try await bed.scan(ScanRange(bed.collection), pageSize: pageSize)
                    try expectEqual(found.ids.sorted(), wanted, "the ids in pages of \(pageSize)")
                    try expect(
                        found.allSatisfy { $0.document == ["n": .int32(Int32($0.key.id.text.dropFirst()) ?? -1)] },
                        "every document has its own body"
                    )
                }
            },
            behaviour("a reader returns what a scan does, in pages of every size, from every place") { bed in
                try await bed.fill(30)
                for pageSize in [1, 7, 30, 100] {
                    let wanted = try await bed.scan(ScanRange(bed.collection), pageSize: pageSize)
                    let reader = try bed.store.reader(of: ScanRange(bed.collection), after: nil)
                    var found: [StoredDocument] = []
                    var place: Continuation?
                    var pages = 0
                    repeat {
                        let page = try await reader.next(pageSize: pageSize)
                        try expect(page.documents.count <= pageSize, "a page has \(page.documents.count) documents")
                        found += page.documents
                        place = page.continuation
                        pages += 1
                        try expect(pages < 100, "the reader does not end")
                        guard pages == 2, let place else { continue }
                        // Another one goes on where this one is.
                        let other = try bed.store.reader(of: ScanRange(bed.collection), after: place)
                        let next = try await other.next(pageSize: 100)
                        let scan = try await bed.store.scan(ScanRange(bed.collection), after: place, pageSize: 100)
                        try expectEqual(next.documents, scan.documents, "what follows the second page")
                    } while place != nil
                    try expectEqual(found, wanted, "what a reader with pages of \(pageSize) returns")
                    let end = try await reader.next(pageSize: pageSize)
                    try expect(end.documents.isEmpty && end.continuation == nil, "there is a page behind the last one")
                }
            },
            behaviour("a scan of an empty collection ends at once") { bed in
                let page = try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: 10)
                try expect(page.documents.isEmpty && page.continuation == nil, "an empty last page")
            },
            behaviour("ranges cover a collection without overlap, however many are asked for") { bed in
                for partition in [.unpartitioned, ["p"], [nil]] as [PartitionKey] {
                    try await bed.fill(40, partition: partition)
                }
                for count in [1, 2, 7, 500] {
                    let ranges = try await bed.store.scanRanges(of: bed.collection, maximumCount: count)
                    try expect((1...count).contains(ranges.count), "1 to \(count) ranges", seen: "\(ranges.count)")
                    var keys: [DocumentKey] = []
                    for range in ranges { keys += try await bed.scan(range, pageSize: 9).map(\.key) }
                    try expectEqual(keys.count, 120, "the number of documents in \(ranges.count) ranges")
                    try expectEqual(Set(keys).count, 120, "the number of different documents")
                }
            },
            behaviour("documents that come later fall into one of the ranges too") { bed in
                try await bed.fill(30)
                let ranges = try await bed.store.scanRanges(of: bed.collection, maximumCount: 5)
                for id in ["", "a", "d015a", "zzz", "\u{1F680}", "="] as [DocumentID] {
                    for partition in [.unpartitioned, ["p"], [1]] as [PartitionKey] {
                        try await bed.put(["n": 1], to: bed.key(id, partition))
                    }
                }
                var keys: [DocumentKey] = []
                for range in ranges { keys += try await bed.scan(range, pageSize: 9).map(\.key) }
                try expectEqual(keys.count, 48, "the number of documents")
                try expectEqual(Set(keys).count, 48, "the number of different documents")
            },
            behaviour("an empty collection has a range for what will come") { bed in
                let ranges = try await bed.store.scanRanges(of: bed.collection, maximumCount: 4)
                try expect(!ranges.isEmpty, "at least one range")
                try await bed.fill(5)
                var count = 0
                for range in ranges { count += try await bed.scan(range).count }
                try expectEqual(count, 5, "the number of documents in its ranges")
            },
            behaviour("a continuation of another range is invalidContinuation") { bed in
                try await bed.fill(40)
                try await bed.store.ensureCollection(CollectionDefinition("others"))
                let page = try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: 3)
                let place = try expectNotNil(page.continuation, "a page of 3 of 40 has a continuation")
                var others = [ScanRange("others")]
                let ranges = try await bed.store.scanRanges(of: bed.collection, maximumCount: 4)
                if ranges.count > 1 { others += ranges }
                for other in others {
                    try await expectError(.invalidContinuation, from: "the continuation with \(other)") {
                        try await bed.store.scan(other, after: place, pageSize: 3)
                    }
                }
            },
            behaviour("a scan returns what stays exactly once, while others write, replace and delete") { bed in
                try await bed.fill(120)
                let stay = Set((0..<120).filter { $0 % 3 == 0 }.map { DocumentBed.id($0).text })
                let isDone = Locked(false)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var round = 0
                        while !isDone.withLock({ $0 }) {
                            round += 1
                            let number = round % 120
                            await Task.yield()
                            if number % 3 == 1 {
                                _ = try await bed.store.delete(bed.key(DocumentBed.id(number)))
                                try await bed.put(["n": .int32(Int32(round))], to: bed.key(DocumentBed.id(number)))
                            } else {
                                try await bed.put(["n": .int32(Int32(round))], to: bed.key(DocumentBed.id(number)))
                            }
                            try await bed.put(["n": 0], to: bed.key(DocumentID("e\(round % 50)")))
                        }
                    }
                    defer { isDone.withLock { $0 = true } }
                    for pageSize in [1, 7, 50] {
                        var ids: [String] = []
                        var place: Continuation?
                        repeat {
                            let page = try await bed.store.scan(
                                ScanRange(bed.collection),
                                after: place,
                                pageSize: pageSize
                            )
                            ids += page.documents.ids
                            place = page.continuation
                            await Task.yield()
                            guard ids.count < 2_000 else { break }
                        } while place != nil
                        let staying = ids.filter { stay.contains($0) }
                        try expectEqual(Set(staying), stay, "the documents that stayed, in pages of \(pageSize)")
                        try expectEqual(staying.count, stay.count, "the number of times that they were returned")
                    }
                    isDone.withLock { $0 = true }
                    try await group.waitForAll()
                }
            },
            behaviour("a continuation of a scan or query goes on after a restart") { bed in
                try await bed.fill(20)
                let query = DocumentQuery(bed.collection, sort: bed.capabilities.supportsSort ? [.ascending("n")] : [])
                let scan = try await bed.store.scan(ScanRange(bed.collection), after: nil, pageSize: 8)
                let page = try await bed.store.query(query, after: nil, pageSize: 8)
                guard let again = try await bed.reopened() else { return }
                let rest = try await again.store.scan(
                    ScanRange(bed.collection),
                    after: Continuation(text: scan.continuation?.text ?? ""),
                    pageSize: 100
                )
                try expectEqual(
                    Set((scan.documents + rest.documents).ids).count,
                    20,
                    "the number of documents of both scans"
                )
                try expectEqual(rest.documents.count, 12, "the number of documents of the second scan")
                let last = try await again.store.query(query, after: page.continuation, pageSize: 100)
                try expectEqual(last.documents.count, 12, "the number of documents of the second query")
                await again.store.close()
            },
        ]
    }

    /// Collections and their definitions.
    var collections: [Behaviour] {
        [
            behaviour("ensuring a collection again changes nothing") { bed in
                let definition = CollectionDefinition("orders", partitionPaths: ["tenant", "a.b"])
                for _ in 0..<3 {
                    try await bed.store.ensureCollection(definition)
                    let key = DocumentKey(collection: "orders", partition: ["t", "b"], id: "1")
                    try await bed.put(["tenant": "t"], to: key)
                }
                let found = try await bed.store.collections().filter { $0.name == "orders" }
                try expectEqual(found.map(\.partitionPaths), [["tenant", "a.b"]], "the definitions of the name")
                try expectEqual(try await bed.store.count("orders"), 1, "the number of documents")
            },
            behaviour("a collection with another partition path is collectionMismatch, and stays as it is") { bed in
                let definition = CollectionDefinition("orders", partitionPaths: ["tenant"])
                try await bed.store.ensureCollection(definition)
                for paths in [[], ["Tenant"], ["tenant", "x"], ["x", "tenant"]] as [[FieldPath]] {
                    try await expectError(.collectionMismatch, from: "ensureCollection with \(paths)") {
                        try await bed.store.ensureCollection(CollectionDefinition("orders", partitionPaths: paths))
                    }
                }
                let found = try await bed.store.collections().first { $0.name == "orders" }
                try expectEqual(found?.partitionPaths, ["tenant"], "the partition path")
            },
            behaviour("collections are listed by name, with their definitions") { bed in
                let names = ["zebra", "Zebra", "\u{E9}", "a b", "a\"b", "a'b", "1", "select", "_x", "$y", "\u{1F680}"]
                for name in names {
                    try await bed.store.ensureCollection(CollectionDefinition(try CollectionName(name)))
                }
                let wanted = (names + ["things"]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                let found = try await bed.store.collections().map(\.name.text)
                try expectEqual(found, wanted, "the names")
            },
            behaviour("collections whose names differ in a byte are different collections") { bed in
                let names = ["c", "C", "c ", "\u{E9}", "e\u{301}", "c.d", "c-d", "c_d", "c/d"]
                for (index, name) in names.enumerated() {
                    let collection = try CollectionName(name)
                    try await bed.store.ensureCollection(CollectionDefinition(collection))
                    try await bed.put(["n": .int32(Int32(index))], to: DocumentKey(collection: collection, id: "a"))
                }
                for (index, name) in names.enumerated() {
                    let stored = try await bed.store.read(DocumentKey(collection: try CollectionName(name), id: "a"))
                    try expectEqual(stored?.document, ["n": .int32(Int32(index))], "the document in \(name)")
                }
            },
            behaviour("a default lifetime and indexes are part of the definition that is listed") { bed in
                var definition = CollectionDefinition(
                    "orders",
                    indexes: [IndexDefinition("byN", fields: [.ascending("n")])]
                )
                if bed.capabilities.supportsExpiry { definition.defaultLifetime = .seconds(3_600) }
                try await bed.store.ensureCollection(definition)
                let found = try await bed.store.collections().first { $0.name == "orders" }
                try expectEqual(found, definition, "the definition")
                definition.indexes.append(IndexDefinition("byM", fields: [.descending("m")]))
                try await bed.store.ensureCollection(definition)
                let names = try await bed.store.collections().first { $0.name == "orders" }?.indexes.map(\.name)
                try expectEqual(names.map(Set.init), ["byN", "byM"], "the names of the indexes")
            },
        ]
    }
}
