internal import MigrationCore

/// The head of a tenant's log as its item holds it: beside head and fence, which items the log consists of.
///
/// A repair may remove more events than one request can delete. So it begins another life of the log, its generation, whose
/// events follow a place of the one before; items that no part of the log names are not events of it, and are removed later.
struct LogHead: Sendable, Hashable {
    /// From a position on, the log's events are of this generation, until the next part begins.
    struct Part: Sendable, Hashable {
        var first: Int64
        var generation: Int64
    }

    var head: TenantHead
    /// In the order of positions; never empty.
    var parts: [Part]
    /// The version of the item; empty before it is stored.
    var etag = ""
    /// Tells the write that made it from every other.
    var stamp = ""

    /// A new log.
    init(_ head: TenantHead) {
        self.head = head
        parts = [Part(first: 1, generation: 0)]
    }

    /// Reads an item; nil for one that is no head.
    init?(_ item: Document) {
        guard let position = EventItems.integer(item["position"]), case .string(let digestText)? = item["digest"],
            let digest = LogDigest(digestText), let version = EventItems.integer(item["digestVersion"]),
            let fence = Self.fence(item), case .array(let elements)? = item["parts"], !elements.isEmpty,
            case .string(let etag)? = item["_etag"], case .string(let stamp)? = item["write"]
        else { return nil }
        parts = []
        for element in elements {
            guard case .array(let pair) = element, pair.count == 2, let first = EventItems.integer(pair[0]),
                let generation = EventItems.integer(pair[1])
            else { return nil }
            parts.append(Part(first: first, generation: generation))
        }
        head = TenantHead(
            position: position,
            digest: digest,
            fence: fence,
            digestVersion: Int32(truncatingIfNeeded: version)
        )
        (self.etag, self.stamp) = (etag, stamp)
    }

    private static func fence(_ item: Document) -> Fence? {
        guard case .string(let epochText)? = item["epoch"], let epoch = EventItems.number(padded: epochText),
            case .string(let routeText)? = item["route"], let route = RouteID(routeText),
            case .string(let roleText)? = item["role"], let role = Fence.Role(rawValue: roleText)
        else { return nil }
        var successor: StoreID?
        switch item["successor"] {
        case .null?: break
        case .string(let text)?:
            guard let name = try? StoreID(text) else { return nil }
            successor = name
        default: return nil
        }
        return Fence(epoch: Epoch(number: epoch, route: route), role: role, successor: successor)
    }

    /// The item.
    func json(tenant: TenantID, stamp: String) -> [UInt8] {
        var item: Document = [
            "id": .string(EventItems.headID), "cutoverTenant": .string(tenant.text), "kind": "head",
            "position": .int64(head.position), "digest": .string(head.digest.description),
            "digestVersion": .int32(head.digestVersion),
        ]
        for (name, value) in Self.fields(of: head.fence) { item.append(name, value) }
        item.append("parts", .array(parts.map { [.int64($0.first), .int64($0.generation)] }))
        item.append("write", .string(stamp))
        return item.jsonBytes()
    }

    /// The members that hold a fence. Epochs are texts in their own order, because the service's numbers are doubles.
    static func fields(of fence: Fence) -> [(String, Value)] {
        [
            ("epoch", .string(EventItems.padded(fence.epoch.number))),
            ("route", .string(fence.epoch.route.description)), ("role", .string(fence.role.rawValue)),
            ("successor", fence.successor.map { .string($0.text) } ?? .null),
        ]
    }

    /// The generation of the event at a position.
    func generation(at position: Int64) -> Int64 {
        parts.last { $0.first <= position }?.generation ?? 0
    }

    /// Begins another life of the log behind a position.
    mutating func cut(after position: Int64) {
        let next = (parts.map(\.generation).max() ?? 0) + 1
        parts.removeAll { $0.first > position }
        parts.append(Part(first: position + 1, generation: next))
    }

    /// The condition in SQL for the log's events within positions.
    func condition(after position: Int64, upTo last: Int64) -> String {
        var conditions: [String] = []
        for (index, part) in parts.enumerated() {
            let first = max(part.first, position + 1)
            let end = min(last, index + 1 < parts.count ? parts[index + 1].first - 1 : last)
            guard first <= end else { continue }
            conditions.append(
                "(c.generation = \(part.generation) AND c.position >= \(first) AND c.position <= \(end))"
            )
        }
        return conditions.isEmpty ? "false" : "(\(conditions.joined(separator: " OR ")))"
    }
}
