internal import MigrationCore

/// Draws sequences of calls on a few keys, so that conditions, tags and queries meet documents that are there.
struct DocumentGenerator {
    private var random: SeededRandom
    private let capabilities: DocumentStoreCapabilities
    private var model = ModelDocumentStore()
    private let ids: [DocumentID] = ["a", "b", "c", "B", "\u{E9}"]

    init(seed: UInt64, capabilities: DocumentStoreCapabilities) {
        random = SeededRandom(seed: seed)
        self.capabilities = capabilities
    }

    mutating func sequence(upTo maximum: Int) -> [DocumentOperation] {
        var operations: [DocumentOperation] = []
        for _ in 0..<(2 + random.below(max(1, maximum))) {
            let operation = next()
            switch operation {
            case .write(let action, let id): _ = model.apply(action, to: key(id))
            case .batch(let writes, let order): _ = model.apply(writes.map { ($0.0, key($0.1)) }, order: order)
            case .transact(let writes): _ = model.transact(writes.map { ($0.0, key($0.1)) })
            default: break
            }
            operations.append(operation)
        }
        return operations
    }

    /// The generator's model lives in one partition; which one does not matter here.
    private func key(_ id: DocumentID) -> DocumentKey { DocumentKey(collection: "things", id: id) }

    private mutating func next() -> DocumentOperation {
        switch random.below(100) {
        case 0..<45: .write(action(), random.pick(ids))
        case 45..<55: .batch(writes(), random.chance(50) ? .ordered : .unordered)
        case 55..<65:
            capabilities.maximumTransactionWrites >= 4 ? .transact(writes()) : .write(action(), random.pick(ids))
        case 65..<75: .read(random.pick(ids))
        case 75..<80: .readMany((0..<3).map { _ in random.pick(ids) })
        case 80..<95:
            .query(filter(), sort(), limit: random.chance(30) ? random.below(5) : nil, pageSize: 1 + random.below(4))
        default: .count(filter())
        }
    }

    private mutating func writes() -> [(ModelDocumentStore.Action, DocumentID)] {
        var writes: [(ModelDocumentStore.Action, DocumentID)] = []
        for _ in 0..<(1 + random.below(4)) { writes.append((action(), random.pick(ids))) }
        return writes
    }

    private mutating func action() -> ModelDocumentStore.Action {
        switch random.below(10) {
        case 0...2: .upsert(document())
        case 3: .insert(document())
        case 4: .replace(document())
        case 5: .replaceVersion(version(), document())
        case 6, 7: .patch(patch(), version: random.chance(30) ? version() : nil)
        case 8: .delete(version: nil)
        default: .delete(version: version())
        }
    }

    /// Mostly the version of a document that is there, now and then one that is not.
    private mutating func version() -> Int {
        let versions = model.entries.values.map(\.version).sorted()
        return versions.isEmpty || random.chance(20) ? random.below(20) : random.pick(versions)
    }

    private mutating func document() -> Document {
        var document = Document()
        for name in ["n", "t", "v"] where random.chance(70) { document.append(name, value()) }
        if random.chance(30) { document.append("list", .array([value()])) }
        if random.chance(30) { document.append("sub", ["n": value()]) }
        return document
    }

    private mutating func value() -> Value {
        switch random.below(8) {
        case 0: nil
        case 1: .bool(random.chance(50))
        case 2: .int32(Int32(random.below(4)))
        case 3: .int64(Int64(random.below(4)))
        case 4: .double(Double(random.below(8)) / 2)
        default: .string(random.pick(["", "a", "ab", "B", "\u{E9}"]))
        }
    }

    private mutating func path() -> FieldPath { random.pick(["n", "t", "v", "sub.n", "list.0"] as [FieldPath]) }

    private mutating func patch() -> [PatchOperation] {
        (0..<(1 + random.below(2))).map { _ in
            switch random.below(8) {
            case 0, 1, 2: .set(path(), value())
            case 3: .remove(path())
            case 4, 5: .increment(random.pick(["n", "v", "t"]), by: Int64(random.below(5)) - 2)
            default: .append("list", value())
            }
        }
    }

    private mutating func filter(depth: Int = 0) -> Filter {
        switch random.below(depth > 2 ? 7 : 10) {
        case 0: .all
        case 1: .equal(path(), value())
        case 2: random.chance(50) ? .less(path(), value()) : .greaterOrEqual(path(), value())
        case 3: random.chance(50) ? .greater(path(), value()) : .lessOrEqual(path(), value())
        case 4: .exists(path())
        case 5: random.chance(50) ? .hasPrefix("t", random.pick(["", "a", "\u{E9}"])) : .contains("list", value())
        case 6: .oneOf(path(), [value(), value()])
        case 7: .not(filter(depth: depth + 1))
        case 8: .and([filter(depth: depth + 1), filter(depth: depth + 1)])
        default: .or([filter(depth: depth + 1), filter(depth: depth + 1)])
        }
    }

    private mutating func sort() -> [SortField] {
        guard capabilities.supportsSort, random.chance(60) else { return [] }
        return (0..<(1 + random.below(2))).map { _ in
            SortField(
                random.pick(["n", "t", "v", "sub.n"] as [FieldPath]),
                random.chance(50) ? .ascending : .descending
            )
        }
    }
}
