internal import MigrationCore

extension DocumentStoreConformance {
    /// `patch`: what each operation does, in documents written out.
    var patching: [Behaviour] {
        [
            patches(
                "a patch sets fields in their place, and new ones last",
                [
                    (["a": 1, "b": 2], [.set("a", "x")], ["a": "x", "b": 2]),
                    (["a": 1], [.set("b", nil)], ["a": 1, "b": nil]),
                    (["a": 1], [.set("b.c.d", 2)], ["a": 1, "b": ["c": ["d": 2]]]),
                    (["a": ["b": 1]], [.set("a.c", 2), .set("a.b", 3)], ["a": ["b": 3, "c": 2]]),
                    (["a": [1, 2]], [.set("a.1", 9)], ["a": [1, 9]]), (["a": [1]], [.set("a.1", 2)], ["a": [1, 2]]),
                    (["a": [["b": 1]]], [.set("a.0.b", 2)], ["a": [["b": 2]]]),
                    ([:], [.set("0", 1)], ["0": 1]),
                ]
            ),
            patches(
                "a patch removes fields and elements, and nothing when they are missing",
                [
                    (["a": 1, "b": 2], [.remove("a")], ["b": 2]), (["a": 1], [.remove("x")], ["a": 1]),
                    (["a": ["b": 1, "c": 2]], [.remove("a.b")], ["a": ["c": 2]]),
                    (["a": [1, 2, 3]], [.remove("a.1")], ["a": [1, 3]]), (["a": [1]], [.remove("a.5")], ["a": [1]]),
                    (["a": 1], [.remove("a.b")], ["a": 1]),
                ]
            ),
            patches(
                "a patch increments numbers, and integers stay integers",
                [
                    (["n": .int32(1)], [.increment("n", by: 2)], ["n": .int32(3)]),
                    (["n": .int64(1)], [.increment("n", by: -2)], ["n": .int64(-1)]),
                    (["n": .int32(.max)], [.increment("n", by: 1)], ["n": .int64(2_147_483_648)]),
                    (["n": .int32(.min)], [.increment("n", by: -1)], ["n": .int64(-2_147_483_649)]),
                    (["n": .double(1.5)], [.increment("n", by: 1)], ["n": .double(2.5)]),
                    (["a": ["n": .int32(1)]], [.increment("a.n", by: 1)], ["a": ["n": .int32(2)]]),
                    (["a": [.int32(1)]], [.increment("a.0", by: 1)], ["a": [.int32(2)]]),
                    (["n": .int64(.max - 1)], [.increment("n", by: 1)], ["n": .int64(.max)]),
                ]
            ),
            patches(
                "a patch appends to arrays, and makes those that are missing",
                [
                    (["a": [1]], [.append("a", "x")], ["a": [1, "x"]]), ([:], [.append("a", nil)], ["a": [nil]]),
                    (["a": ["b": []]], [.append("a.b", [1])], ["a": ["b": [[1]]]]),
                ]
            ),
            patches(
                "the operations of a patch are applied in order",
                [
                    (["a": 1], [.set("b", 1), .increment("b", by: 4), .remove("a")], ["b": 5]),
                    (["a": 1], [.remove("a"), .set("a", 2), .set("c", 3)], ["a": 2, "c": 3]),
                ]
            ),
            behaviour("an increment of a missing field counts it as zero") { bed in
                try await bed.put(["a": 1], to: bed.key("k"))
                _ = try await bed.store.patch(bed.key("k"), [.increment("n", by: 7)])
                let value = try await bed.store.read(bed.key("k"))?.document["n"]
                try expect(
                    value == .int32(7) || value == .int64(7),
                    "the number is the integer 7",
                    seen: brief(value as Any)
                )
            },
            behaviour("a patch that cannot be applied is invalidArgument, and none of its operations is") { bed in
                let document: Document = ["text": "t", "n": .int64(.max), "list": [1], "null": nil]
                try await bed.put(document, to: bed.key("k"))
                let patches: [[PatchOperation]] = [
                    [], [.increment("text", by: 1)], [.increment("n", by: 1)], [.increment("null", by: 1)],
                    [.append("text", 1)], [.append("null", 1)], [.set("text.a", 1)], [.set("list.5", 1)],
                    [.set("list.x", 1)], [.set("_id", "other")], [.remove("_id")], [.set("_id.a", 1)],
                    [.set("new", 1), .increment("text", by: 1)], [.append("list", 2), .set("n.a", 1)],
                ]
                try await bed.unchanged(bed.key("k"), by: "refused patches") {
                    for patch in patches {
                        try await expectError(.invalidArgument, from: "the patch \(patch)") {
                            try await bed.store.patch(bed.key("k"), patch)
                        }
                    }
                }
            },
            behaviour("a patch of a missing document is rejected as notFound") { bed in
                let outcome = try await bed.store.patch(bed.key("none"), [.set("a", 1)])
                try expectRejected(outcome, "the patch", as: "notFound", \.isNotFound)
                try expectEqual(try await bed.store.read(bed.key("none")), nil, "what is under the key")
            },
            behaviour("a patch that expects a tag is rejected as etagMismatch at another") { bed in
                let first = try await bed.put(["n": 1], to: bed.key("k"))
                let second = try await bed.put(["n": 1], to: bed.key("k"))
                try await bed.unchanged(bed.key("k"), by: "a rejected patch") {
                    let outcome = try await bed.store.patch(bed.key("k"), [.set("n", 2)], ifMatches: first)
                    try expectRejected(outcome, "the patch", as: "etagMismatch", \.isMismatch)
                }
                let outcome = try await bed.store.patch(bed.key("k"), [.set("n", 2)], ifMatches: second)
                try expectEqual(
                    try await bed.store.read(bed.key("k"))?.etag,
                    try expectNotNil(outcome.etag, "the patch at the current tag is applied"),
                    "the tag after the patch"
                )
            },
        ]
    }

    private func patches(_ name: String, _ cases: [(Document, [PatchOperation], Document)]) -> Behaviour {
        behaviour(name) { bed in
            for (index, (before, patch, after)) in cases.enumerated() {
                try await bed.put(before, to: bed.key("k"))
                let outcome = try await bed.store.patch(bed.key("k"), patch)
                try expect(outcome.isApplied, "patch \(index) is applied", seen: brief(outcome))
                let stored = try await bed.store.read(bed.key("k"))?.document
                try expect(
                    stored?.bson == after.bson,
                    "patch \(index) of \(before.json()) gives \(after.json())",
                    seen: stored?.json(.canonical) ?? "nothing"
                )
            }
        }
    }
}
