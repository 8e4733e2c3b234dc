internal import MigrationCore

extension CollectionName {
    /// Names of collections that belong to this library begin so.
    private static let reservedPrefix = "cutover."
    /// What stands before a name that MongoDB, or this library, does not take as it is.
    private static let escapedPrefix = "cutover.name."

    /// The name of the collection in MongoDB: the name itself, wherever that is possible.
    ///
    /// MongoDB keeps `$`, `system.` and dots at the ends for itself. Such a name stands behind `cutover.name.`, with `$`, `%` and
    /// dots as `%` and two hexadecimal digits, so that every name has one of its own.
    var nameInMongoDB: String {
        let isPlain =
            !text.utf8.contains(UInt8(ascii: "$")) && !text.hasPrefix("system.") && !text.hasPrefix(".")
            && !text.hasSuffix(".") && !text.hasPrefix(Self.reservedPrefix)
        if isPlain { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "."):
                bytes.append(UInt8(ascii: "%"))
                bytes += Array(Hex.text([byte]).utf8)
            default: bytes.append(byte)
            }
        }
        return Self.escapedPrefix + String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what `nameInMongoDB` writes; nil for collections that are none of the application's.
    init?(nameInMongoDB name: String) {
        guard !name.hasPrefix("system.") else { return nil }
        guard name.hasPrefix(Self.reservedPrefix) else {
            guard let name = try? CollectionName(name) else { return nil }
            self = name
            return
        }
        guard name.hasPrefix(Self.escapedPrefix) else { return nil }
        var bytes: [UInt8] = []
        var rest = name.utf8.dropFirst(Self.escapedPrefix.utf8.count)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let decoded = Hex.bytes(String(decoding: rest.prefix(2), as: UTF8.self)) else {
                return nil
            }
            bytes += decoded
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self), let name = try? CollectionName(text) else {
            return nil
        }
        self = name
    }
}
