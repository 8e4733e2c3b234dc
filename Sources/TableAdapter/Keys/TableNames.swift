internal import MigrationCore

/// Which table holds a collection.
///
/// The service takes 3 to 63 letters and digits and does not tell capitals from small letters. A collection's table is
/// its name where that is 3 or more small letters and digits; every other byte, and the letter `x`, is written as `x`
/// and two hexadecimal digits. Tables that are there already can be given to a collection by name.
struct TableNames: Sendable {
    let prefix: String
    /// The tables that were given by name.
    let given: [CollectionName: String]
    private let owners: [String: CollectionName]

    init(prefix: String, given: [CollectionName: String]) {
        self.prefix = prefix
        self.given = given
        owners = Dictionary(given.map { ($0.value.lowercased(), $0.key) }, uniquingKeysWith: { first, _ in first })
    }

    /// The table of a collection.
    ///
    /// - Throws: `keyTooLong` when the name does not fit, `invalidConfiguration` when the table was given to another
    ///   collection.
    func table(of collection: CollectionName) throws(StoreError) -> String {
        if let table = given[collection] { return table }
        let table = prefix + Self.escaped(collection.text, isWhole: prefix.isEmpty)
        guard table.utf8.count <= 63 else {
            throw StoreError(
                .keyTooLong,
                "The collection's name makes a table's name of \(table.utf8.count) characters, and the service takes 63; "
                    + "give it a table by name in the configuration.",
                context: .init(collection: collection)
            )
        }
        if owners[table] != nil {
            throw StoreError(
                .invalidConfiguration,
                "The collection's table was given to another collection in the configuration; give this one another.",
                context: .init(collection: collection)
            )
        }
        return table
    }

    /// The collection of a table; nil for a table that belongs to none.
    func collection(of table: String) -> CollectionName? {
        let lower = table.lowercased()
        if let owner = owners[lower] { return owner }
        guard lower.hasPrefix(prefix), let text = Self.text(String(lower.dropFirst(prefix.count))),
            let name = try? CollectionName(text), given[name] == nil, (try? self.table(of: name)) == lower
        else { return nil }
        return name
    }

    static func isTableName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), name.lowercased() != "tables" else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
    }

    private static func escaped(_ text: String, isWhole: Bool) -> String {
        var bytes: [UInt8] = []
        let mustEscapeFirst = isWhole && (text.utf8.count < 3 || text == "tables")
        for (index, byte) in text.utf8.enumerated() {
            let isPlain =
                switch byte {
                case UInt8(ascii: "x"): false
                case UInt8(ascii: "a")...UInt8(ascii: "z"): index > 0 || !mustEscapeFirst
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0 || !isWhole
                default: false
                }
            if isPlain { bytes.append(byte) } else { bytes += "x\(Hex.text([byte]))".utf8 }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(_ table: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(table.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "x") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let decoded = Hex.bytes(String(decoding: rest.prefix(2), as: UTF8.self)) else {
                return nil
            }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
