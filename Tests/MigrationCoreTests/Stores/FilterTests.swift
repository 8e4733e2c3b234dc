import MigrationCore
import Testing

@Suite("A filter")
struct FilterTests {
    static let document: Document = [
        "name": "Ada", "age": 36, "score": 1.5, "big": .int64(9_007_199_254_740_993), "none": nil, "yes": true,
        "tags": ["a", "b", 3], "address": ["city": "London", "lines": ["one", "two"]],
        "at": .date(WallTime(millisecondsSinceEpoch: -5)), "nan": .double(.nan),
    ]

    @Test(
        "selects what is equal: numbers by value, null only where it stands",
        arguments: [
            (Filter.equal("name", "Ada"), true), (.equal("name", "ada"), false), (.equal("age", 36.0), true),
            (.equal("age", .int64(36)), true), (.equal("big", .double(9_007_199_254_740_992)), false),
            (.equal("none", nil), true),
            (.equal("missing", nil), false), (.equal("nan", .double(.nan)), true),
            (.equal("address.city", "London"), true),
            (.equal("address.lines.1", "two"), true), (.equal("address.lines.2", "two"), false),
            (.equal("tags", "a"), false),
            (.equal("tags", ["a", "b", 3.0]), true), (.equal("yes", 1), false),
        ]
    )
    func equality(filter: Filter, isSelected: Bool) {
        #expect(filter.matches(Self.document) == isSelected)
        #expect(Filter.not(filter).matches(Self.document) == !isSelected)
    }

    @Test(
        "compares within one kind of values only",
        arguments: [
            (Filter.greater("age", 35), true), (.greater("age", 36), false), (.greaterOrEqual("age", 36.0), true),
            (.less("age", 36.5), true), (.less("age", "zzz"), false), (.greater("name", 5), false),
            (.less("name", "B"), true),
            (.lessOrEqual("none", nil), true), (.less("none", 1), false), (.less("missing", 1), false),
            (.less("nan", 0), true),
            (.less("at", .date(WallTime(millisecondsSinceEpoch: 0))), true), (.less("at", 0), false),
            (.greater("big", .double(9_007_199_254_740_992)), true),
        ]
    )
    func comparison(filter: Filter, isSelected: Bool) {
        #expect(filter.matches(Self.document) == isSelected)
    }

    @Test(
        "knows membership, existence and prefixes",
        arguments: [
            (Filter.oneOf("age", [1, 36]), true), (.oneOf("age", []), false), (.oneOf("missing", [nil]), false),
            (.exists("none"), true), (.exists("missing"), false), (.exists("address.city"), true),
            (.hasPrefix("name", "Ad"), true), (.hasPrefix("name", ""), true), (.hasPrefix("age", "3"), false),
            (.contains("tags", 3.0), true), (.contains("tags", "c"), false), (.contains("name", "Ada"), false),
        ]
    )
    func membership(filter: Filter, isSelected: Bool) {
        #expect(filter.matches(Self.document) == isSelected)
    }

    @Test("combines: an empty `and` selects everything, an empty `or` nothing")
    func combination() {
        let yes = Filter.equal("name", "Ada")
        let no = Filter.equal("name", "Bob")
        #expect(Filter.and([]).matches(Self.document))
        #expect(!Filter.or([]).matches(Self.document))
        #expect(!Filter.and([yes, no]).matches(Self.document))
        #expect(Filter.or([no, yes]).matches(Self.document))
        #expect(Filter.all.matches([:]))
    }

    @Test("is refused when it is nested too deeply")
    func depth() throws {
        func nested(_ levels: Int) -> Filter { (0..<levels).reduce(.all) { filter, _ in .not(filter) } }
        try nested(Filter.maximumDepth).check()
        let error = #expect(throws: StoreError.self) { try nested(Filter.maximumDepth + 1).check() }
        #expect(error?.code == .invalidArgument)
    }
}

@Suite("A patch")
struct PatchTests {
    @Test("is applied in order")
    func order() throws {
        let patched = try [
            PatchOperation.set("a", 1), .increment("a", by: 2), .set("b.c", "x"), .append("list", 1),
            .append("list", 2),
            .remove("gone"), .set("list.0", 9), .increment("d", by: .max), .remove("missing.deep"),
        ].applied(to: ["gone": true])
        #expect(patched == ["a": 3, "b": ["c": "x"], "list": [9, 2], "d": .int64(.max)])
    }

    @Test("increments keep their type and grow only when they must")
    func increments() throws {
        let patched = try [PatchOperation.increment("n", by: 1), .increment("d", by: 1), .increment("w", by: 1)]
            .applied(to: ["n": .int32(.max), "d": 0.5, "w": .int64(1)])
        #expect(patched == ["n": .int64(Int64(Int32.max) + 1), "d": 1.5, "w": .int64(2)])
    }

    @Test(
        "is refused as a whole, with the index of the operation",
        arguments: [
            ([PatchOperation.set("ok", 1), .increment("text", by: 1)], 1), ([.append("text", 1)], 0),
            ([.set("text.deep", 1)], 0),
            ([.set("list.5", 1)], 0), ([.increment("max", by: 1)], 0), ([.set("_id", 1)], 0), ([.remove("_id")], 0),
        ]
    )
    func refusals(operations: [PatchOperation], index: Int) {
        let error = #expect(throws: StoreError.self) {
            try operations.applied(to: ["text": "x", "list": [1], "max": .int64(.max)])
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.context.item == index)
    }

    @Test("without operations is refused")
    func empty() {
        let error = #expect(throws: StoreError.self) { try [PatchOperation]().applied(to: [:]) }
        #expect(error?.code == .invalidArgument)
    }
}
