/// The documents that a query or a feed looks at: those of a key, of a range, or of a part of one.
struct CosmosScope: Sendable {
    /// A whole key.
    var key: [KeyComponent]?
    /// The bounds of places; all if there are none.
    var bounds: [(minimum: String, maximum: String)] = []
    /// The ranges that the documents lie in.
    var ranges: [CosmosRange]

    func contains(_ place: String) -> Bool {
        bounds.allSatisfy { $0.minimum <= place && (place < $0.maximum || $0.maximum == "FF") }
    }
}

extension CosmosService {
    /// What a request asks about; nil if it names neither a key nor a range.
    func scope(_ call: CosmosCall, _ container: CosmosContainer) throws(CosmosError) -> CosmosScope? {
        var scope: CosmosScope?
        if let key = try call.key() {
            if container.isHierarchical, !key.isEmpty, key.count < container.paths.count {
                // The first levels of a key stand for all that begin with them.
                let start = container.place(key)
                let end = start + "FF"
                let ranges = container.ranges.filter { $0.minimum < end && start < $0.maximum }
                scope = CosmosScope(bounds: [(start, end)], ranges: ranges)
            } else {
                let whole = try whole(key, container)
                scope = CosmosScope(key: whole, ranges: [container.range(at: container.place(whole))])
            }
            if !rules.holds("cosmos.query-scope") { scope = CosmosScope(ranges: container.ranges) }
        }
        if let id = call.rangeIdentifier {
            let range = try container.range(id, rules)
            if scope == nil { scope = CosmosScope(ranges: [range]) }
            if rules.holds("cosmos.range-filter") { scope?.bounds.append((range.minimum, range.maximum)) }
        }
        let start = call.header("x-ms-start-epk")
        let end = call.header("x-ms-end-epk")
        if start != nil || end != nil, rules.holds("cosmos.sub-range") {
            if scope == nil { scope = CosmosScope(ranges: container.ranges) }
            scope?.bounds.append((start ?? "", end ?? "FF"))
        }
        return scope
    }

    /// The serials of a scope's documents after one of them, oldest first.
    func serials(_ scope: CosmosScope, after serial: Int, _ container: CosmosContainer) -> ArraySlice<Int> {
        let all = scope.key.map { container.partitions[$0]?.order ?? [] } ?? container.order
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle] <= serial { low = middle + 1 } else { high = middle }
        }
        return all[low...]
    }
}
