internal import MigrationCore

extension DocumentStoreConformance {
    /// Conditions of writes and deletes, and how they end.
    var conditions: [Behaviour] {
        [
            behaviour("an upsert writes whether the document exists or not") { bed in
                for number in [1, 2] as [Value] {
                    try await bed.put(["n": number], to: bed.key("a"))
                    try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": number], "the document")
                }
            },
            behaviour("an insert is applied once, and then rejected as exists") { bed in
                try await bed.put(["n": 1], to: bed.key("a"), condition: .insert)
                try await bed.unchanged(bed.key("a"), by: "a rejected insert") {
                    let outcome = try await bed.store.write(["n": 2], to: bed.key("a"), condition: .insert)
                    try expectRejected(outcome, "an insert over a document", as: "exists", \.isExists)
                }
            },
            behaviour("a replace of a missing document is rejected as notFound, and writes nothing") { bed in
                let outcome = try await bed.store.write(["n": 1], to: bed.key("a"), condition: .replace)
                try expectRejected(outcome, "a replace of nothing", as: "notFound", \.isNotFound)
                try expectEqual(try await bed.store.read(bed.key("a")), nil, "what is under the key")
                try await bed.put(["n": 1], to: bed.key("a"))
                try await bed.put(["n": 2], to: bed.key("a"), condition: .replace)
                try expectEqual(try await bed.store.read(bed.key("a"))?.document, ["n": 2], "the replaced document")
            },
            behaviour("a write that expects a tag is applied at that tag, and rejected as etagMismatch at another") {
                bed in
                let first = try await bed.put(["n": 1], to: bed.key("a"))
                let second = try await bed.put(["n": 2], to: bed.key("a"), condition: .ifMatches(first))
                try await bed.unchanged(bed.key("a"), by: "a rejected write") {
                    for tag in [first, ETag("none"), ETag("")] {
                        let outcome = try await bed.store.write(["n": 3], to: bed.key("a"), condition: .ifMatches(tag))
                        try expectRejected(outcome, "a write at another tag", as: "etagMismatch", \.isMismatch)
                        if case .rejected(.etagMismatch(let current?)) = outcome {
                            try expectEqual(current, second, "the current tag in the rejection")
                        }
                    }
                }
            },
            behaviour("a write that expects a tag of a missing document is rejected as notFound") { bed in
                let tag = try await bed.put(["n": 1], to: bed.key("a"))
                _ = try await bed.store.delete(bed.key("a"))
                let outcome = try await bed.store.write(["n": 2], to: bed.key("a"), condition: .ifMatches(tag))
                try expectRejected(outcome, "a write at the tag of a deleted document", as: "notFound", \.isNotFound)
                try expectEqual(try await bed.store.read(bed.key("a")), nil, "what is under the key")
            },
            behaviour("a delete removes the document, and is rejected as notFound when there is none") { bed in
                try await bed.put(["n": 1], to: bed.key("a"))
                try await bed.put(["n": 2], to: bed.key("b"))
                let outcome = try await bed.store.delete(bed.key("a"))
                try expect(
                    outcome.isApplied && outcome.etag == nil,
                    "a delete is applied, without a tag",
                    seen: brief(outcome)
                )
                try expectEqual(try await bed.store.read(bed.key("a")), nil, "what is under the key")
                try expectEqual(try await bed.store.read(bed.key("b"))?.document, ["n": 2], "the other document")
                let again = try await bed.store.delete(bed.key("a"))
                try expectRejected(again, "a delete of nothing", as: "notFound", \.isNotFound)
            },
            behaviour("a delete that expects a tag is rejected as etagMismatch at another") { bed in
                let first = try await bed.put(["n": 1], to: bed.key("a"))
                let second = try await bed.put(["n": 1], to: bed.key("a"))
                try await bed.unchanged(bed.key("a"), by: "a rejected delete") {
                    let outcome = try await bed.store.delete(bed.key("a"), ifMatches: first)
                    try expectRejected(outcome, "a delete at another tag", as: "etagMismatch", \.isMismatch)
                }
                let outcome = try await bed.store.delete(bed.key("a"), ifMatches: second)
                try expect(outcome.isApplied, "a delete at the current tag is applied", seen: brief(outcome))
                let missing = try await bed.store.delete(bed.key("a"), ifMatches: second)
                try expectRejected(missing, "a delete of nothing", as: "notFound", \.isNotFound)
            },
        ]
    }

    /// ETags.
    var tags: [Behaviour] {
        [
            behaviour("the tag of a write is the tag that is read, until the next write") { bed in
                let tag = try await bed.put(["n": 1], to: bed.key("a"))
                try await bed.put(["n": 1], to: bed.key("b"))
                for _ in 0..<2 {
                    try expectEqual(try await bed.store.read(bed.key("a"))?.etag, tag, "the tag that is read")
                }
                try expectEqual(try await bed.scan(ScanRange(bed.collection)).first?.etag, tag, "the tag in a scan")
                let found = try await bed.all(DocumentQuery(bed.collection, where: .equal("n", 1)))
                try expect(found.contains { $0.etag == tag }, "a query returns the same tag")
            },
            behaviour("a tag never repeats, not for the same bytes and not after a delete") { bed in
                var tags: [ETag] = []
                for round in 0..<4 {
                    tags.append(try await bed.put(["n": 1], to: bed.key("a"), condition: .insert))
                    tags.append(try await bed.put(["n": 1], to: bed.key("a")))
                    tags.append(try await bed.put(["n": 1], to: bed.key("a"), condition: .replace))
                    let patched = try await bed.store.patch(bed.key("a"), [.set("n", 1)])
                    tags.append(try expectNotNil(patched.etag, "a patch returns a tag"))
                    let outcomes = try await bed.store.writeBatch([
                        .put(["n": 1], to: bed.key("a")), .put(["n": 1], to: bed.key("a")),
                    ])
                    tags += outcomes.compactMap(\.etag)
                    try expectEqual(tags.count, (round + 1) * 6, "the number of tags")
                    _ = try await bed.store.delete(bed.key("a"))
                }
                try expectEqual(Set(tags).count, tags.count, "the number of different tags")
            },
        ]
    }
}
