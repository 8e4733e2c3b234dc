/// The names that mark an object as a type of Extended JSON v2.
///
/// `$ref`, `$id` and `$db` are absent on purpose: a DBRef is an ordinary document. So are `$type`, `$regex` and
/// `$options`, which are query operators; `$type` counts only beside `$binary`.
enum WrapperKey: UInt8, CaseIterable {
    case objectID, symbol, int32, int64, double, decimal128, binary, uuid, code, scope, timestamp, regularExpression,
        dbPointer
    case date, minKey, maxKey, undefined

    /// Recognises a name by its UTF-8 bytes.
    ///
    /// - Parameter name: the name, of which `length` bytes are readable; it begins with `$`.
    init?(_ name: UnsafePointer<UInt8>, length: Int) {
        guard length >= 4, length <= 18 else { return nil }
        // The second letter and the length leave at most two candidates.
        switch (name[1], length) {
        case (0x6F, 4): self = .objectID
        case (0x73, 7): self = .symbol
        case (0x73, 6): self = .scope
        case (0x6E, 10): self = .int32
        case (0x6E, 11): self = .int64
        case (0x6E, 13): self = .double
        case (0x6E, 14): self = .decimal128
        case (0x62, 7): self = .binary
        case (0x75, 5): self = .uuid
        case (0x75, 10): self = .undefined
        case (0x63, 5): self = .code
        case (0x74, 10): self = .timestamp
        case (0x72, 18): self = .regularExpression
        case (0x64, 5): self = .date
        case (0x64, 10): self = .dbPointer
        case (0x6D, 7): self = name[2] == 0x69 ? .minKey : .maxKey
        default: return nil
        }
        guard same(name, self.name) else { return nil }
    }

    var name: StaticString {
        switch self {
        case .objectID: "$oid"
        case .symbol: "$symbol"
        case .int32: "$numberInt"
        case .int64: "$numberLong"
        case .double: "$numberDouble"
        case .decimal128: "$numberDecimal"
        case .binary: "$binary"
        case .uuid: "$uuid"
        case .code: "$code"
        case .scope: "$scope"
        case .timestamp: "$timestamp"
        case .regularExpression: "$regularExpression"
        case .dbPointer: "$dbPointer"
        case .date: "$date"
        case .minKey: "$minKey"
        case .maxKey: "$maxKey"
        case .undefined: "$undefined"
        }
    }
}

/// Whether the bytes at `pointer`, as many as `text` has, are those of `text`.
@inline(__always)
func same(_ pointer: UnsafePointer<UInt8>, _ text: StaticString) -> Bool {
    var index = 0
    while index < text.utf8CodeUnitCount {
        if pointer[index] != text.utf8Start[index] { return false }
        index &+= 1
    }
    return true
}

extension ExtendedJSON {
    /// Whether a name, as the first of an embedded object, makes that object a type of Extended JSON.
    ///
    /// `writeExactly` refuses documents with such a field, so in what it wrote each such name belongs to a type.
    package static func isTypeName(_ name: String) -> Bool {
        guard name.utf8.first == UInt8(ascii: "$") else { return false }
        return WrapperKey.allCases.contains { key in
            key.name.withUTF8Buffer { $0.elementsEqual(name.utf8) }
        }
    }
}
