/// A container: its documents by key and by the order in which they were first written, its ranges and its changes.
final class CosmosContainer: @unchecked Sendable {
    /// The documents of one key.
    struct Partition {
        var serials: [ByteString: Int] = [:]
        var order: [Int] = []
        /// The document that holds each value of a unique key.
        var unique: [String: Int] = [:]
    }

    /// So many changes are kept for the feed of all versions.
    static let maximumHistory = 200_000

    let id: String
    let rid: String
    let link: String
    let path: String
    let numbers: (database: UInt32, container: UInt32)
    var definition: JSON
    let paths: [[String]]
    let isHierarchical: Bool
    let uniqueKeys: [[[String]]]

    var ranges: [CosmosRange] = []
    var nextRange = 0
    var rangesVersion = 1

    var items: [Int: CosmosItem] = [:]
    var order: [Int] = []
    var partitions: [[KeyComponent]: Partition] = [:]
    var log: [(lsn: Int, serial: Int)] = []
    var history: [CosmosChange] = []
    /// The number of the last change that the history has dropped.
    var forgotten = 0
    var lsn = 0
    var nextSerial = 1
    var nextExpiry: Int64?
    /// What a transaction has to put back, newest last.
    var undo: [(key: [KeyComponent], id: ByteString, item: CosmosItem?)]?

    /// The units that may be used in a second; nil if nobody counts.
    var budget: CosmosBudget?
    var throttled = 0

    // Safety: only touched under the lock of the service that owns it.
    init(definition: JSON, rid: String, link: String, path: String, numbers: (UInt32, UInt32), ranges count: Int) {
        self.definition = definition
        self.rid = rid
        self.link = link
        self.path = path
        self.numbers = (numbers.0, numbers.1)
        id = definition["id"]?.string ?? ""
        func split(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
        let key = definition["partitionKey"]
        paths = (key?["paths"]?.array ?? []).compactMap { $0.string.map(split) }
        isHierarchical = key?["kind"]?.string == "MultiHash"
        uniqueKeys = (definition["uniqueKeyPolicy"]?["uniqueKeys"]?.array ?? []).map { unique in
            (unique["paths"]?.array ?? []).compactMap { $0.string.map(split) }
        }
        ranges = CosmosRange.initial(count)
        nextRange = count
    }

    /// The key of a document's body.
    func key(of body: JSON) -> [KeyComponent] { paths.map { KeyComponent(Self.value(body, $0)) } }

    /// Where a whole key lies, or where the range of its first levels begins.
    func place(_ key: [KeyComponent]) -> String {
        isHierarchical ? PartitionHash.effectiveHierarchicalKey(key) : PartitionHash.effectiveKey(key)
    }

    static func value(_ body: JSON, _ path: [String]) -> JSON? { path.reduce(Optional(body)) { $0?[$1] } }

    func item(_ key: [KeyComponent], _ id: ByteString) -> CosmosItem? {
        partitions[key]?.serials[id].flatMap { items[$0] }
    }

    /// Writes a document in place of the one with its key and id, if there is one, and gives back what is stored.
    func put(
        _ body: JSON,
        key: [KeyComponent],
        id: ByteString,
        at now: Moment,
        _ rules: Rules
    ) throws(CosmosError)
        -> CosmosItem
    {
        let old = item(key, id)
        let serial = old?.serial ?? nextSerial
        let uniques = uniqueValues(body)
        if rules.holds("cosmos.unique-key") {
            for unique in uniques {
                if let owner = partitions[key]?.unique[unique], owner != serial { throw .uniqueKeyTaken }
            }
        }
        undo?.append((key, id, old))
        lsn += 1
        if old == nil { nextSerial += 1 }
        let item = stored(body, serial: serial, key: key, id: id, old: old, at: now, rules)
        if old == nil {
            order.append(serial)
            partitions[key, default: Partition()].order.append(serial)
            partitions[key]?.serials[id] = serial
        } else if !uniqueKeys.isEmpty {
            dropUniques(serial, key)
        }
        for unique in uniques { partitions[key]?.unique[unique] = serial }
        items[serial] = item
        log.append((lsn, serial))
        record(item, current: item.body, previous: old, isExpiry: false, now)
        noteExpiry(item)
        range(at: item.place).lsn = lsn
        return item
    }

    /// A body with the system's properties after those of the user, as the service orders them.
    private func stored(
        _ body: JSON,
        serial: Int,
        key: [KeyComponent],
        id: ByteString,
        old: CosmosItem?,
        at now: Moment,
        _ rules: Rules
    ) -> CosmosItem {
        var etag = "\"" + hex(Int(numbers.container), 8) + "-0000-0000-0000-" + hex(lsn, 12) + "\""
        if let old, !rules.holds("cosmos.etag-changes") { etag = old.etag }
        let system: Set<String> = ["_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"]
        var members = (body.members ?? []).filter { !system.contains($0.name) }
        let documentRid = CosmosRid.document(database: numbers.database, container: numbers.container, serial: serial)
        members += [
            JSON.Member("_rid", .string(documentRid)),
            JSON.Member("_self", .string(link + "docs/" + documentRid + "/")),
            JSON.Member("_etag", .string(etag)), JSON.Member("_attachments", "attachments/"),
            JSON.Member("_ts", .integer(Int(now.seconds))),
        ]
        let stored = JSON.object(members)
        return CosmosItem(
            serial: serial,
            id: id,
            key: key,
            place: old?.place ?? place(key),
            body: stored,
            bytes: stored.bytes,
            etag: etag,
            lsn: lsn,
            written: now.seconds
        )
    }

    private func hex(_ number: Int, _ count: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }

    func remove(_ item: CosmosItem, at now: Moment, isExpiry: Bool = false) {
        undo?.append((item.key, item.id, item))
        lsn += 1
        drop(item)
        record(item, current: nil, previous: item, isExpiry: isExpiry, now)
        range(at: item.place).lsn = lsn
        compact()
    }

    func removeAll(of key: [KeyComponent], at now: Moment) {
        for serial in partitions[key]?.order ?? [] { if let item = items[serial] { remove(item, at: now) } }
    }

    func drop(_ item: CosmosItem) {
        items[item.serial] = nil
        partitions[item.key]?.serials[item.id] = nil
        if !uniqueKeys.isEmpty { dropUniques(item.serial, item.key) }
        if partitions[item.key]?.serials.isEmpty ?? false, undo == nil { partitions[item.key] = nil }
    }

    func uniqueValues(_ body: JSON) -> [String] {
        uniqueKeys.enumerated().map { index, paths in
            "\(index):" + JSON.array(paths.map { Self.value(body, $0) ?? .null }).text
        }
    }

    private func dropUniques(_ serial: Int, _ key: [KeyComponent]) {
        guard let unique = partitions[key]?.unique else { return }
        partitions[key]?.unique = unique.filter { $0.value != serial }
    }

    private func record(_ item: CosmosItem, current: JSON?, previous: CosmosItem?, isExpiry: Bool, _ now: Moment) {
        history.append(
            CosmosChange(
                lsn: lsn,
                place: item.place,
                id: item.id,
                key: item.key,
                time: now.seconds,
                current: current,
                previous: previous?.body,
                previousLSN: previous?.lsn ?? 0,
                isExpiry: isExpiry
            )
        )
        if history.count > 2 * Self.maximumHistory, undo == nil {
            forgotten = history[Self.maximumHistory - 1].lsn
            history.removeFirst(Self.maximumHistory)
        }
        if log.count > 2 * items.count + 10_000, undo == nil { log.removeAll { items[$0.serial]?.lsn != $0.lsn } }
    }

    private func compact() {
        guard undo == nil, order.count > 2 * items.count + 1_000 else { return }
        order.removeAll { items[$0] == nil }
        for key in partitions.keys { partitions[key]?.order.removeAll { items[$0] == nil } }
    }
}
