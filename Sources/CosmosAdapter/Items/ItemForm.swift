internal import MigrationCore

/// A document as an item, and back: exactly, whatever it holds.
///
/// Fields are members of the item, so that other programs read and write them: texts, flags, null, 32-bit integers and
/// fractions as they are, every other type as its canonical Extended JSON wrapper, because the service keeps numbers as
/// doubles. A document that this cannot hold exactly is carried as BSON. `_cutover` holds what the adapter needs.
enum ItemForm {
    /// The member of the adapter's own.
    static let own = "_cutover"
    /// The member that holds the partition key where the collection names no path for it.
    static let partition = "_partition"
    /// The service's limit of 2 MiB, less some room.
    static let maximumItemBytes = (2 << 20) - 4_096
    /// The deepest nesting that is written as it is; the service takes 128 levels.
    private static let maximumDepth = 100
    static let systemNames: Set<String> = ["_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"]
    private static let reserved = systemNames.union(["id", "ttl", partition, own])

    /// What is written beside the document.
    struct Extras: Sendable {
        /// Tells one write from every other.
        var stamp: String
        /// When the document vanishes; nil if it does not.
        var expiresAt: WallTime?
        /// The `ttl` of the item; nil leaves it out.
        var timeToLive: Int?
    }

    /// The item of a document.
    static func json(_ document: Document, id: String, key: ItemKey, _ extras: Extras) -> [UInt8] {
        if key.isHeld(by: document), let (fields, place) = exactFields(of: document, id: id) {
            let item = item(fields, id: id, partition: key.synthetic, extras, place: place, carried: nil)
            if item.count <= maximumItemBytes { return item }
        }
        var fields: [UInt8] = []
        appendFields(of: key.fields, leavingOut: nil, plainNumbers: true, into: &fields)
        return item(fields, id: id, partition: key.synthetic, extras, place: nil, carried: document)
    }

    private static func item(
        _ fields: [UInt8],
        id: String,
        partition: String?,
        _ extras: Extras,
        place: Int?,
        carried: Document?
    ) -> [UInt8] {
        var json: [UInt8] = Array("{\"id\":".utf8)
        json.reserveCapacity(fields.count + 512)
        append(.string(id), to: &json)
        if let partition {
            json += ",\"\(Self.partition)\":".utf8
            append(.string(partition), to: &json)
        }
        json += fields
        json += ",\"\(own)\":{\"w\":\"\(extras.stamp)\"".utf8
        if let place { json += ",\"i\":\(place)".utf8 }
        if let expiresAt = extras.expiresAt { json += ",\"x\":\(expiresAt.millisecondsSinceEpoch)".utf8 }
        if let carried { json += ",\"b\":\"\(Base64.text(carried.bson))\"".utf8 }
        json.append(UInt8(ascii: "}"))
        if let timeToLive = extras.timeToLive { json += ",\"ttl\":\(timeToLive)".utf8 }
        json.append(UInt8(ascii: "}"))
        return json
    }

    /// The members of a document, each after a comma, and the place of its `id`; nil unless they give it back exactly.
    private static func exactFields(of document: Document, id: String) -> ([UInt8], Int?)? {
        guard !document.isDeeper(than: maximumDepth) else { return nil }
        var place: Int?
        for (index, (name, value)) in document.enumerated() where reserved.contains(name) {
            guard name == "id", case .string(let text) = value, text.hasSameUTF8(as: id) else { return nil }
            place = index
        }
        var fields: [UInt8] = []
        appendFields(of: document, leavingOut: place, into: &fields)
        var whole: [UInt8] = []
        appendFields(of: document, leavingOut: nil, into: &whole)
        whole = Array("{".utf8) + whole.dropFirst() + Array("}".utf8)
        guard let read = try? ExtendedJSON.parse(whole), read.bson == document.bson else { return nil }
        return (fields, place)
    }

    private static func appendFields(
        of document: Document,
        leavingOut place: Int?,
        plainNumbers: Bool = false,
        into json: inout [UInt8]
    ) {
        for (index, (name, value)) in document.enumerated() where index != place {
            json.append(UInt8(ascii: ","))
            append(.string(name), to: &json)
            json.append(UInt8(ascii: ":"))
            append(value, plainNumbers: plainNumbers, to: &json)
        }
    }

    /// - Parameter plainNumbers: writes every double as a number, for values of a partition key.
    private static func append(_ value: Value, plainNumbers: Bool = false, to json: inout [UInt8]) {
        switch value {
        case .document(let document):
            json.append(UInt8(ascii: "{"))
            for (index, (name, value)) in document.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(.string(name), to: &json)
                json.append(UInt8(ascii: ":"))
                append(value, plainNumbers: plainNumbers, to: &json)
            }
            json.append(UInt8(ascii: "}"))
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                append(element, to: &json)
            }
            json.append(UInt8(ascii: "]"))
        case .string, .bool, .null, .int32: ExtendedJSON.writeValue(value, mode: .relaxed, into: &json)
        case .double(let number) where number.isFinite && number != number.rounded():
            ExtendedJSON.writeValue(value, mode: .relaxed, into: &json)
        case .double(let number) where plainNumbers: json += PartitionPlace.text(of: number).utf8
        default: ExtendedJSON.writeValue(value, mode: .canonical, into: &json)
        }
    }
}
