import InMemoryAdapter
import MigrationCore
import Testing

@Suite("Unique indexes in memory")
struct UniqueIndexTests {
    let store = InMemoryDocumentStore()
    let definition = CollectionDefinition(
        "c",
        indexes: [IndexDefinition("by-n", fields: [.ascending("n")], isUnique: true)]
    )

    static let equalPairs: [(Value, Value)] = [
        (.int32(7), .double(7)), (.int64(7), decimal("7.00")), (.double(1.5), decimal("1.5")),
        (.double(-0.0), .int32(0)), (.double(.nan), decimal("NaN")), (.double(1e300), .double(1e300)),
        (.int64(.min), decimal("-9223372036854775808")), (decimal("1E+3"), .int32(1000)),
        (.document(["a": 1]), .document(["a": 1.0])), (.array([1, 2]), .array([1.0, 2.0])), (.null, .null),
        (.string("x"), .string("x")),
    ]

    static func decimal(_ text: String) -> Value { .decimal128(Decimal128(text)!) }

    @Test("values at the same place of the order are equal, whatever their types", arguments: equalPairs)
    func equal(a: Value, b: Value) async throws {
        try await store.ensureCollection(definition)
        #expect(try await store.write(["n": a], to: key(1)).isApplied)
        let outcome = try await store.write(["n": b], to: key(2))
        guard case .rejected(.uniqueIndex(name: "by-n")) = outcome else {
            Issue.record("\(a) and \(b) were both taken: \(outcome)")
            return
        }
    }

    @Test("different values and documents without the field live side by side")
    func different() async throws {
        try await store.ensureCollection(definition)
        let values: [Value?] = [
            .int32(1), .double(1.5), .string("1"), nil, .null, .bool(true), .array([1]), .document(["1": 1]),
            .int64(.max), .double(0x1p63),
        ]
        for (number, value) in values.enumerated() {
            var document = Document()
            document["n"] = value
            #expect(try await store.write(document, to: key(number)).isApplied)
        }
        #expect(try await store.write([:], to: key(99)).isApplied)
    }

    @Test("replacing, patching and deleting give a value free")
    func free() async throws {
        try await store.ensureCollection(definition)
        try store.seed(["n": 1], at: key(1))
        try store.seed(["n": 1, "again": true], at: key(1))
        try store.seed(["n": 2], at: key(1))
        try store.seed(["n": 1], at: key(2))
        _ = try await store.patch(key(2), [.set("n", 3)])
        try store.seed(["n": 1], at: key(3))
        _ = try await store.delete(key(3))
        try store.seed(["n": 1], at: key(4))
        #expect(try await store.patch(key(1), [.set("n", 1)]).rejection != nil)
        #expect(store.document(at: key(1))?.document == ["n": 2])
    }

    @Test("an index that the documents contradict is refused, and nothing changes")
    func contradiction() async throws {
        try store.seed(["n": 1], at: key(1))
        try store.seed(["n": 1], at: key(2))
        var changed = definition
        changed.defaultLifetime = .seconds(1)
        await expect(.invalidArgument) { try await store.ensureCollection(changed) }
        #expect(try await store.collections() == [CollectionDefinition("c")])
        try store.seed(["n": 2], at: key(2))
        try await store.ensureCollection(definition)
        #expect(try await store.write(["n": 2], to: key(1)).rejection != nil)
    }

    @Test("an index name with other fields is a mismatch, a new one is added")
    func definitions() async throws {
        try await store.ensureCollection(definition)
        try await store.ensureCollection(definition)
        let other = IndexDefinition("by-n", fields: [.ascending("m")], isUnique: true)
        await expect(.collectionMismatch) {
            try await store.ensureCollection(CollectionDefinition("c", indexes: [other]))
        }
        await expect(.collectionMismatch) {
            try await store.ensureCollection(CollectionDefinition("c", partitionPaths: ["tenant"]))
        }
        let added = IndexDefinition("by-m", fields: [.ascending("m")])
        try await store.ensureCollection(CollectionDefinition("c", indexes: [added]))
        #expect(try await store.collections().first?.indexes == definition.indexes + [added])
        await expect(.invalidArgument) {
            try await store.ensureCollection(CollectionDefinition("d", indexes: [added, added]))
        }
    }
}
