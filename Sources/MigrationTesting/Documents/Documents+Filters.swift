internal import MigrationCore

extension DocumentStoreConformance {
    /// The portable filter.
    var filters: [Behaviour] {
        [
            pairs("equal matches equal values of the same kind, in every pair of types", Filter.equal) { $0 == $1 },
            pairs("less matches lesser values of the same kind, in every pair of types", Filter.less) { $0 < $1 },
            pairs("lessOrEqual matches values of the same kind, in every pair of types", Filter.lessOrEqual) {
                $0 <= $1
            },
            pairs("greater matches greater values of the same kind, in every pair of types", Filter.greater) {
                $0 > $1
            },
            pairs(
                "greaterOrEqual matches values of the same kind, in every pair of types",
                Filter.greaterOrEqual
            ) { $0 >= $1 },
            behaviour("oneOf matches what equals one of its values, and nothing when it is empty") { bed in
                try await expectMatches(
                    bed,
                    [
                        "a": ["v": 1], "b": ["v": .int64(2)], "c": ["v": "1"], "d": [:], "e": ["v": nil],
                        "f": ["v": [1]],
                    ],
                    [
                        (.oneOf("v", []), []), (.oneOf("v", [1]), ["a"]),
                        (.oneOf("v", [.double(1), 2, 9]), ["a", "b"]),
                        (.oneOf("v", ["1", nil]), ["c", "e"]), (.oneOf("v", [[1]]), ["f"]),
                    ]
                )
            },
            behaviour("exists matches every field that is there, null and undefined included") { bed in
                try await expectMatches(
                    bed,
                    [
                        "a": ["v": nil], "b": ["v": .undefined], "c": ["w": 1], "d": ["v": ["x": nil]],
                        "e": ["v": [nil]],
                    ],
                    [
                        (.exists("v"), ["a", "b", "d", "e"]), (.exists("v.x"), ["d"]), (.exists("v.0"), ["e"]),
                        (.exists("v.1"), []), (.not(.exists("v")), ["c"]),
                    ]
                )
            },
            behaviour("hasPrefix matches texts byte by byte, and no other type") { bed in
                try await expectMatches(
                    bed,
                    [
                        "a": ["v": "abc"], "b": ["v": "ABC"], "c": ["v": "ab%"], "d": ["v": .symbol("abc")],
                        "e": ["v": ["abc"]],
                        "f": ["v": "\u{E9}x"], "g": ["v": "e\u{301}x"], "h": ["v": "a_c"], "i": ["v": ""],
                        "j": ["v": "a\u{0}b"],
                        "k": ["v": "a*c"], "l": ["v": "a[b]"], "m": ["v": "a\\"],
                    ],
                    [
                        (.hasPrefix("v", "ab"), ["a", "c"]), (.hasPrefix("v", "ab%"), ["c"]),
                        (.hasPrefix("v", "a_"), ["h"]),
                        (.hasPrefix("v", "\u{E9}"), ["f"]), (.hasPrefix("v", "e"), ["g"]),
                        (.hasPrefix("v", ""), ["a", "b", "c", "f", "g", "h", "i", "j", "k", "l", "m"]),
                        (.hasPrefix("v", "a\u{0}"), ["j"]), (.hasPrefix("v", "abcd"), []),
                        (.hasPrefix("v", "a*"), ["k"]),
                        (.hasPrefix("v", "a["), ["l"]), (.hasPrefix("v", "a\\"), ["m"]),
                    ]
                )
            },
            behaviour("contains matches arrays with an equal element, and no other type") { bed in
                try await expectMatches(
                    bed,
                    [
                        "a": ["v": [1, "x"]], "b": ["v": 1], "c": ["v": [.int64(1)]], "d": ["v": []], "e": ["v": [[1]]],
                        "f": ["v": [nil]], "g": ["v": ["x": 1]], "h": ["v": [["k": 1]]],
                    ],
                    [
                        (.contains("v", 1), ["a", "c"]), (.contains("v", .double(1)), ["a", "c"]),
                        (.contains("v", "x"), ["a"]),
                        (.contains("v", [1]), ["e"]), (.contains("v", nil), ["f"]), (.contains("v", ["k": 1]), ["h"]),
                        (.contains("v", 2), []),
                    ]
                )
            },
            behaviour("arrays are values like others: a comparison does not reach into them") { bed in
                try await expectMatches(
                    bed,
                    ["a": ["v": [1, 2]], "b": ["v": 1], "c": ["v": [["x": 1]]], "d": ["v": ["x": 1]]],
                    [
                        (.equal("v", 1), ["b"]), (.equal("v", [1, 2]), ["a"]), (.equal("v", [2, 1]), []),
                        (.equal("v.x", 1), ["d"]), (.equal("v.0.x", 1), ["c"]), (.equal("v.1", 2), ["a"]),
                        (.greater("v", 0), ["b"]),
                    ]
                )
            },
            behaviour("paths go through documents and array indexes, and names are taken exactly") { bed in
                try await expectMatches(
                    bed,
                    [
                        "a": ["v": ["w": ["x": 1]]], "b": ["v.w": 1], "c": ["v": [["w": 1], ["w": 2]]],
                        "d": ["v": ["0": 5]],
                        "e": ["V": 1], "f": ["v\"w": 1], "g": ["value": 3], "h": ["v'w": 4], "i": ["$v": 5],
                        "j": ["": 6],
                        "k": ["v": [5]],
                    ],
                    [
                        (.equal("v.w.x", 1), ["a"]), (.equal("v.w", ["x": 1]), ["a"]),
                        (.equal(FieldPath(components: ["v.w"]), 1), ["b"]), (.equal("v.1.w", 2), ["c"]),
                        (.equal("v.0", 5), ["d", "k"]), (.equal("V", 1), ["e"]), (.equal("v\"w", 1), ["f"]),
                        (.equal("value", 3), ["g"]), (.equal("v'w", 4), ["h"]), (.equal("$v", 5), ["i"]),
                        (.equal("", 6), ["j"]), (.exists("v.00"), []),
                    ]
                )
            },
            behaviour("and, or and not combine as logic does, empty lists included") { bed in
                let a = Filter.equal("a", 1)
                let b = Filter.equal("b", 1)
                try await expectMatches(
                    bed,
                    ["n": [:], "a": ["a": 1], "b": ["b": 1], "x": ["a": 1, "b": 1], "y": ["a": 2, "b": nil]],
                    [
                        (.all, ["n", "a", "b", "x", "y"]), (.and([]), ["n", "a", "b", "x", "y"]), (.or([]), []),
                        (.not(.all), []), (.and([a, b]), ["x"]), (.or([a, b]), ["a", "b", "x"]),
                        (.not(a), ["n", "b", "y"]), (.not(.or([a, b])), ["n", "y"]),
                        (.not(.and([a, b])), ["n", "a", "b", "y"]),
                        (.and([a, .not(b)]), ["a"]), (.or([.and([a, b]), .not(.exists("a"))]), ["n", "b", "x"]),
                        (.not(.not(a)), ["a", "x"]), (.not(.less("a", 2)), ["n", "b", "y"]),
                        (.not(.oneOf("a", [])), ["n", "a", "b", "x", "y"]),
                    ]
                )
            },
            behaviour("a count is the number of documents that a query returns, by partition and filter") { bed in
                for (number, partition) in ([["p"], ["p"], ["q"], .unpartitioned, [nil]] as [PartitionKey]).enumerated()
                {
                    try await bed.put(["n": .int32(Int32(number % 2))], to: bed.key(DocumentBed.id(number), partition))
                }
                let cases: [(PartitionKey?, Filter, Int)] = [
                    (nil, .all, 5), (["p"], .all, 2), (PartitionKey.unpartitioned, .all, 1), ([nil], .all, 1),
                    ([""], .all, 0),
                    (nil, .equal("n", 0), 3), (["p"], .equal("n", 1), 1), (nil, .equal("n", 7), 0),
                ]
                for (partition, filter, expected) in cases {
                    try await answer(bed) {
                        let count = try await bed.store.count(bed.collection, partition: partition, where: filter)
                        try expectEqual(count, expected, "the count of \(filter) in \(partition?.text ?? "all")")
                        let query = DocumentQuery(bed.collection, partition: partition, where: filter)
                        try expectEqual(try await bed.all(query).count, expected, "the number of documents found")
                    }
                }
            },
        ]
    }

    /// A comparison of every value of the table with every other.
    private func pairs(
        _ name: String,
        _ filter: @escaping @Sendable (FieldPath, Value) -> Filter,
        _ holds: @escaping @Sendable (Int, Int) -> Bool
    ) -> Behaviour {
        behaviour(name) { bed in
            let places = OrderedValues.all
            let writes = places.enumerated().map { index, place in
                DocumentWrite.put(OrderedValues.document(place), to: bed.key(DocumentBed.id(index)))
            }
            for outcome in try await bed.store.writeBatch(writes) {
                try expect(outcome.isApplied, "the write is applied", seen: brief(outcome))
            }
            for operand in places {
                guard let value = operand.value else { continue }
                let expected = places.enumerated().filter { _, place in
                    place.kind == operand.kind && holds(place.group, operand.group)
                }
                try await answer(bed) {
                    let found = try await bed.all(
                        DocumentQuery(bed.collection, where: filter("v", value)),
                        pageSize: 200
                    )
                    let seen = Set(found.ids)
                    let wanted = Set(expected.map { DocumentBed.id($0.offset).text })
                    guard seen != wanted else { return }
                    func values(_ ids: Set<String>) -> String {
                        let list = places.enumerated().filter { ids.contains(DocumentBed.id($0.offset).text) }
                        return list.map { $0.element.value.map { brief($0) } ?? "missing" }.joined(separator: ", ")
                    }
                    throw Mismatch(
                        expectation: "\(filter("v", value)) matches exactly its values",
                        observed: "also \(values(seen.subtracting(wanted))); not \(values(wanted.subtracting(seen)))"
                    )
                }
            }
        }
    }

    private func expectMatches(
        _ bed: DocumentBed,
        _ documents: KeyValuePairs<DocumentID, Document>,
        _ cases: [(Filter, [String])]
    ) async throws {
        for (id, document) in documents { try await bed.put(document, to: bed.key(id)) }
        for (filter, ids) in cases {
            try await answer(bed) {
                let found = try await bed.all(DocumentQuery(bed.collection, where: filter))
                try expectEqual(found.ids.sorted(), ids.sorted(), "what \(filter) matches")
            }
        }
    }

    /// Runs a query that a limited backend may refuse by name, when the options allow it.
    func answer(_ bed: DocumentBed, _ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            guard bed.options.allowsUnsupportedQueries, error.storeCode == .unsupported else { throw error }
        }
    }
}
