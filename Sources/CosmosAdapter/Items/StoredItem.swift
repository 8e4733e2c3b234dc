internal import MigrationCore

/// An item as an answer holds it.
struct StoredItem: Sendable {
    let id: String
    let etag: String
    /// The mark of the write that made it; nil when another program did.
    let stamp: String?
    /// When it vanishes; nil when it does not.
    let expiresAt: WallTime?
    let body: Document
    private let members: Document

    /// Reads an item.
    ///
    /// - Throws: a ``DocumentError`` for JSON that is none, or for carried bytes that are damaged.
    init(_ json: some Collection<UInt8>) throws(DocumentError) {
        var limits = DocumentLimits.default
        limits.maximumBytes += 1 << 20
        limits.maximumDepth += 2
        members = try ExtendedJSON.parse(Array(json), limits: limits)
        guard case .string(let id)? = members["id"], case .string(let etag)? = members["_etag"] else {
            throw DocumentError(.invalidKey, "An item has no id or no version.")
        }
        (self.id, self.etag) = (id, etag)
        guard case .document(let own)? = members[ItemForm.own], case .string(let stamp)? = own["w"] else {
            self.stamp = nil
            expiresAt = Self.expiry(of: members)
            let left = ItemForm.systemNames.union([ItemForm.own, ItemForm.partition])
            body = Document(uniqueFields: members.filter { !left.contains($0.0) }.map { ($0.0, $0.1) })
            return
        }
        self.stamp = stamp
        expiresAt = Self.milliseconds(own["x"]).map { WallTime(millisecondsSinceEpoch: $0) }
        if case .string(let text)? = own["b"] {
            guard let bytes = Base64.bytes(text) else { throw DocumentError(.malformed, "Carried BSON is no Base64.") }
            body = try Document(bson: bytes)
            return
        }
        let left = ItemForm.systemNames.union([ItemForm.own, ItemForm.partition, "id", "ttl"])
        var fields = members.filter { !left.contains($0.0) }.map { ($0.0, $0.1) }
        if case .int32(let place)? = own["i"] {
            fields.insert(("id", .string(id)), at: min(max(0, Int(place)), fields.count))
        }
        body = Document(uniqueFields: fields)
    }

    /// When an item of another program vanishes: its `ttl` counts from its last write.
    private static func expiry(of members: Document) -> WallTime? {
        guard let seconds = milliseconds(members["ttl"]), seconds > 0, let written = milliseconds(members["_ts"]) else {
            return nil
        }
        return WallTime(millisecondsSinceEpoch: (written + seconds) * 1_000)
    }

    private static func milliseconds(_ value: Value?) -> Int64? {
        switch value {
        case .int32(let number)?: Int64(number)
        case .int64(let number)?: number
        case .double(let number)?: Int64(exactly: number)
        default: nil
        }
    }

    /// A member of the item itself.
    subscript(name: String) -> Value? { members[name] }

    /// A value along a path of members.
    subscript(path path: FieldPath) -> Value? { members[path: path] }

    /// Whether the item has vanished at a time, although the service may still hold it.
    func isExpired(at now: WallTime) -> Bool {
        expiresAt.map { $0.millisecondsSinceEpoch <= now.millisecondsSinceEpoch } ?? false
    }
}

/// Finds the elements of the array in a page without reading them.
enum PageSlices {
    /// The elements of the member `name` of an object, as they stand; nil for what is no such page.
    static func elements(_ page: [UInt8], of name: String) -> [ArraySlice<UInt8>]? {
        let mark = Array("\"\(name)\":".utf8)
        guard var index = start(of: mark, in: page) else { return nil }
        var elements: [ArraySlice<UInt8>] = []
        var (depth, first) = (0, index)
        var isText = false
        while index < page.count {
            let byte = page[index]
            if isText {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isText = false }
                index += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "]") where depth > 0: depth -= 1
            case UInt8(ascii: "]"):
                let last = trimmed(page[first..<index])
                return last.isEmpty ? elements : elements + [last]
            case UInt8(ascii: ",") where depth == 0:
                elements.append(trimmed(page[first..<index]))
                first = index + 1
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The values of the members of an object, as they stand; nil for what is no object.
    static func members(_ object: ArraySlice<UInt8>) -> [String: ArraySlice<UInt8>]? {
        guard object.first == UInt8(ascii: "{"), object.last == UInt8(ascii: "}") else { return nil }
        var members: [String: ArraySlice<UInt8>] = [:]
        var name: String?
        var (index, depth) = (object.startIndex + 1, 0)
        var start = index
        while index < object.endIndex {
            switch object[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < object.endIndex, object[index] != UInt8(ascii: "\"") {
                    index += object[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: ":") where depth == 0 && name == nil:
                name = String(decoding: trimmed(object[start..<index]).dropFirst().dropLast(), as: UTF8.self)
                start = index + 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                if depth == 0 {
                    if let name { members[name] = trimmed(object[start..<index]) }
                    (name, start) = (nil, index + 1)
                } else if object[index] == UInt8(ascii: "}") {
                    depth -= 1
                }
            case UInt8(ascii: "]"): depth -= 1
            default: break
            }
            index += 1
        }
        return members
    }

    /// Where the array begins: behind the member's name at the top level of the object.
    private static func start(of mark: [UInt8], in page: [UInt8]) -> Int? {
        var (index, depth) = (0, 0)
        while index < page.count {
            switch page[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                if depth == 1, page[index...].starts(with: mark) {
                    var next = index + mark.count
                    while next < page.count, page[next] == 0x20 { next += 1 }
                    return next < page.count && page[next] == UInt8(ascii: "[") ? next + 1 : nil
                }
                index += 1
                while index < page.count, page[index] != UInt8(ascii: "\"") {
                    index += page[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            index += 1
        }
        return nil
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        return bytes
    }
}
