/// What was found in one stream.
public struct StreamResult: Sendable, Hashable {
    /// Which stream.
    public let stream: StreamID
    /// How many events the source holds.
    public let sourceCount: Int64
    /// How many events the target holds.
    public let targetCount: Int64
    /// The highest version in the source; 0 when it has no event.
    public let sourceVersion: Int64
    /// The highest version in the target; 0 when it has no event.
    public let targetVersion: Int64
    /// How many violations concern this stream.
    public let violations: Int64

    /// Whether counts and versions agree and nothing else is wrong.
    public var isConsistent: Bool {
        violations == 0 && sourceCount == targetCount && sourceVersion == targetVersion
    }
}

/// Counts per stream within bounded memory.
///
/// It takes the streams of one class of hashes. When there are too many, it halves the class and drops the other half, which a
/// later pass over the logs counts. So the totals are exact with any number of streams.
struct StreamTable: Hashable {
    /// The streams whose hash has these low bits.
    struct HashClass: Hashable {
        var bits: Int
        var value: UInt64

        static let all = HashClass(bits: 0, value: 0)

        func contains(_ hash: UInt64) -> Bool { bits == 0 || hash & (1 << UInt64(bits) - 1) == value }

        /// The two halves.
        var halves: (HashClass, HashClass) {
            (HashClass(bits: bits + 1, value: value), HashClass(bits: bits + 1, value: value | 1 << UInt64(bits)))
        }
    }

    private struct Entry: Hashable {
        var sourceCount: Int64 = 0
        var targetCount: Int64 = 0
        var sourceVersion: Int64 = 0
        var targetVersion: Int64 = 0
        var violations: Int64 = 0
    }

    private(set) var hashClass: HashClass
    /// Classes that this pass had to leave to later ones.
    private(set) var left: [HashClass] = []
    private var entries: [StreamID: Entry] = [:]
    private let maximumStreams: Int

    init(_ hashClass: HashClass, maximumStreams: Int) {
        self.hashClass = hashClass
        self.maximumStreams = max(1, maximumStreams)
        // Room for all from the start: a table that grew would be in memory twice, at the moment when it is largest.
        entries.reserveCapacity(self.maximumStreams + 1)
    }

    mutating func count(_ event: StoredEvent, on side: Violation.Side) {
        change(event.stream) { entry in
            switch side {
            case .source:
                entry.sourceCount += 1
                entry.sourceVersion = max(entry.sourceVersion, event.version)
            case .target:
                entry.targetCount += 1
                entry.targetVersion = max(entry.targetVersion, event.version)
            }
        }
    }

    mutating func countViolation(of stream: StreamID) {
        change(stream) { $0.violations += 1 }
    }

    private mutating func change(_ stream: StreamID, _ body: (inout Entry) -> Void) {
        if hashClass.bits > 0, !hashClass.contains(NameHash.of(stream.text)) { return }
        body(&entries[stream, default: Entry()])
        while entries.count > maximumStreams, hashClass.bits < 40 {
            let (kept, dropped) = hashClass.halves
            hashClass = kept
            left.append(dropped)
            for stream in entries.keys.filter({ !kept.contains(NameHash.of($0.text)) }) { entries[stream] = nil }
        }
    }

    /// How many streams there are, and how many of them are consistent.
    var totals: (streams: Int64, consistent: Int64) {
        entries.reduce(into: (0, 0)) { totals, element in
            totals.0 += 1
            totals.1 += result(element.key, element.value).isConsistent ? 1 : 0
        }
    }

    /// Results of up to `limit` streams: those that are not consistent first, each part in the order of names.
    func results(limit: Int) -> [StreamResult] {
        // A table holds many more streams than a report: what cannot be among the first is dropped on the way.
        var first: [StreamResult] = []
        for (stream, entry) in entries {
            first.append(result(stream, entry))
            if first.count >= 2 * limit + 64 { first = Self.first(limit, of: first) }
        }
        return Self.first(limit, of: first)
    }

    private static func first(_ limit: Int, of results: [StreamResult]) -> [StreamResult] {
        let sorted = results.sorted { a, b in
            a.isConsistent == b.isConsistent ? a.stream < b.stream : !a.isConsistent
        }
        return Array(sorted.prefix(limit))
    }

    private func result(_ stream: StreamID, _ entry: Entry) -> StreamResult {
        StreamResult(
            stream: stream,
            sourceCount: entry.sourceCount,
            targetCount: entry.targetCount,
            sourceVersion: entry.sourceVersion,
            targetVersion: entry.targetVersion,
            violations: entry.violations
        )
    }

    var fields: Document {
        func value(_ hashClass: HashClass) -> Value {
            .array([.int64(Int64(hashClass.bits)), .int64(Int64(bitPattern: hashClass.value))])
        }
        let rows = entries.map { stream, entry in
            Value.array([
                .string(stream.text), .int64(entry.sourceCount), .int64(entry.targetCount),
                .int64(entry.sourceVersion), .int64(entry.targetVersion), .int64(entry.violations),
            ])
        }
        return ["class": value(hashClass), "left": .array(left.map(value)), "rows": .array(rows)]
    }

    init?(fields: Document, maximumStreams: Int) {
        func hashClass(_ value: Value?) -> HashClass? {
            guard case .array(let parts) = value, parts.count == 2, case .int64(let bits) = parts[0],
                case .int64(let pattern) = parts[1], (0...40).contains(bits)
            else { return nil }
            return HashClass(bits: Int(bits), value: UInt64(bitPattern: pattern))
        }
        guard let own = hashClass(fields["class"]), case .array(let others) = fields["left"],
            case .array(let rows) = fields["rows"]
        else { return nil }
        self.init(own, maximumStreams: maximumStreams)
        for other in others {
            guard let other = hashClass(other) else { return nil }
            left.append(other)
        }
        for row in rows {
            guard case .array(let columns) = row, columns.count == 6, case .string(let text) = columns[0],
                let stream = try? StreamID(text)
            else { return nil }
            let numbers = columns.dropFirst().compactMap { if case .int64(let number) = $0 { number } else { nil } }
            guard numbers.count == 5 else { return nil }
            entries[stream] = Entry(
                sourceCount: numbers[0],
                targetCount: numbers[1],
                sourceVersion: numbers[2],
                targetVersion: numbers[3],
                violations: numbers[4]
            )
        }
    }
}
