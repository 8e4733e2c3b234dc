/// A physical range of a container: the documents whose places lie between two bounds.
final class CosmosRange: @unchecked Sendable {
    let id: String
    let minimum: String
    let maximum: String
    /// The ranges that this one came from.
    let parents: [String]
    /// The version of the container's ranges that brought it.
    let version: Int
    /// The last change in it.
    var lsn = 0

    // Safety: only touched under the lock of the service that owns the container.
    init(id: String, minimum: String, maximum: String, parents: [String], version: Int, lsn: Int = 0) {
        self.id = id
        self.minimum = minimum
        self.maximum = maximum
        self.parents = parents
        self.version = version
        self.lsn = lsn
    }

    func contains(_ place: String) -> Bool { minimum <= place && place < maximum }

    var sessionToken: String { "\(id):0#\(lsn)#1=\(lsn)" }

    /// So many ranges of the same width.
    static func initial(_ count: Int) -> [CosmosRange] {
        let width = (UInt128(0x40) << 120) / UInt128(count)
        return (0..<count).map { index in
            CosmosRange(
                id: String(index),
                minimum: index == 0 ? "" : text(width * UInt128(index)),
                maximum: index == count - 1 ? "FF" : text(width * UInt128(index + 1)),
                parents: [],
                version: 1
            )
        }
    }

    /// The place in the middle.
    var middle: String {
        let low = minimum.isEmpty ? 0 : UInt128(minimum.prefix(32), radix: 16) ?? 0
        let high = maximum == "FF" ? UInt128(0x40) << 120 : UInt128(maximum.prefix(32), radix: 16) ?? 0
        return Self.text(low + (high - low) / 2)
    }

    private static func text(_ number: UInt128) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}

extension CosmosContainer {
    /// The range that a place lies in.
    func range(at place: String) -> CosmosRange {
        ranges.first { $0.contains(place) } ?? ranges[0]
    }

    /// The range of an identifier; one that was split or merged is gone.
    func range(_ id: String, _ rules: Rules) throws(CosmosError) -> CosmosRange {
        // Some clients send the container's identifier before that of the range.
        let id = id.split(separator: ",").last.map(String.init) ?? id
        if let range = ranges.first(where: { $0.id == id }) { return range }
        guard rules.holds("cosmos.range-gone") else { return ranges[0] }
        throw .rangeGone
    }

    /// Splits a range in two at a place or in its middle.
    func split(_ id: String, at place: String?) -> Bool {
        guard let index = ranges.firstIndex(where: { $0.id == id }) else { return false }
        let old = ranges[index]
        let middle = place ?? old.middle
        guard middle > old.minimum, middle < old.maximum else { return false }
        rangesVersion += 1
        ranges.replaceSubrange(
            index...index,
            with: [(old.minimum, middle), (middle, old.maximum)].map { child(from: [old], $0.0, $0.1) }
        )
        return true
    }

    /// Makes one range of two neighbours.
    func merge(_ first: String, _ second: String) -> Bool {
        guard let index = ranges.firstIndex(where: { $0.id == first }), index + 1 < ranges.count,
            ranges[index + 1].id == second
        else { return false }
        rangesVersion += 1
        let old = Array(ranges[index...index + 1])
        ranges.replaceSubrange(index...index + 1, with: [child(from: old, old[0].minimum, old[1].maximum)])
        return true
    }

    private func child(from old: [CosmosRange], _ minimum: String, _ maximum: String) -> CosmosRange {
        defer { nextRange += 1 }
        return CosmosRange(
            id: String(nextRange),
            minimum: minimum,
            maximum: maximum,
            parents: old.flatMap { $0.parents + [$0.id] },
            version: rangesVersion,
            lsn: old.map(\.lsn).max() ?? 0
        )
    }

    /// The ranges as the gateway lists them, those that came after a version.
    func rangesAnswer(after version: Int, _ rules: Rules) -> JSON {
        let listed = ranges.filter { $0.version > version }
        return [
            "_rid": .string(rid),
            "PartitionKeyRanges": .array(
                listed.map { range in
                    [
                        "_rid": .string(rid + range.id), "id": .string(range.id),
                        "_etag": .string("\"\(range.version)\""),
                        "minInclusive": .string(range.minimum), "maxExclusive": .string(range.maximum),
                        "ridPrefix": .integer(Int(range.id) ?? 0),
                        "_self": .string(link + "pkranges/" + range.id + "/"),
                        "throughputFraction": .number(CosmosNumber.text(1 / Double(ranges.count))),
                        "status": "online",
                        "parents": .array(rules.holds("cosmos.range-parents") ? range.parents.map { .string($0) } : []),
                        "ownedArchivalPKRangeIds": [], "_ts": 0, "lsn": .integer(range.lsn),
                    ]
                }
            ),
            "_count": .integer(listed.count),
        ]
    }
}

/// Request units that a container may use in a second, shared evenly by its ranges.
struct CosmosBudget: Sendable {
    let perSecond: Double
    private var balances: [String: (balance: Double, at: Moment)] = [:]

    init(perSecond: Double) { self.perSecond = perSecond }

    /// Whether a range has units left; if not, the milliseconds until it has.
    mutating func wait(range: String, of count: Int) -> Int? {
        let share = perSecond / Double(count)
        let now = Clock.machine
        var entry = balances[range] ?? (share, now)
        entry.balance = min(share, entry.balance + now.seconds(since: entry.at) * share)
        entry.at = now
        balances[range] = entry
        return entry.balance > 0 ? nil : max(1, Int((-entry.balance / share * 1_000).rounded(.up)) + 1)
    }

    mutating func spend(_ charge: Double, range: String) { balances[range]?.balance -= charge }
}
