/// An ordered set of named values, held as BSON bytes in one buffer and decoded where it is looked at.
///
/// Write it as a literal, read and change fields by name or path, iterate over it, or make any `Codable` type from it:
///
/// ```swift
/// var mail: Document = ["subject": "Hello", "to": ["ada@example.org"], "size": 2048]
/// mail["read"] = true
/// mail[path: "flags.seen"] = true
/// for (name, value) in mail { print(name, value) }
/// ```
///
/// Two documents are equal when their bytes are: the order of fields and the types of numbers count. To compare documents
/// of different backends use ``canonicalDigest(_:)``, which can be told to ignore both.
public struct Document: Sendable {
    /// The document as BSON: length, elements, terminator.
    ///
    /// The bytes are always valid and in BSON's canonical form; nothing is computed to get them.
    public private(set) var bson: [UInt8]

    /// An empty document.
    public init() {
        bson = Self.emptyBSON
    }

    /// Takes bytes that this library wrote or validated; nothing is checked.
    ///
    /// Safety: readers rely on the zero byte at the end, which is checked, and on lengths that are right; foreign bytes go
    /// through ``init(bson:limits:)``.
    package init(validatedBSON bytes: [UInt8]) {
        precondition(
            bytes.count >= 5 && bytes[bytes.count - 1] == 0
                && bytes.withUnsafeBytes { Int($0.int32(at: 0)) } == bytes.count,
            "Trusted bytes are one whole document."
        )
        bson = bytes
    }

    /// Checks BSON bytes from elsewhere and takes them.
    ///
    /// The bytes are kept as they are, except that two lax forms which BSON allows are brought into canonical form, so that
    /// a way through JSON gives the same bytes again: array elements named other than `0`, `1`, `2`, ..., and options of a
    /// regular expression that are not in alphabetical order.
    ///
    /// - Parameters:
    ///   - bytes: One whole document.
    ///   - limits: The greatest size and depth to accept.
    /// - Throws: `malformed`, `invalidUTF8`, `duplicateName`, `tooDeep` or `tooLarge`, with the offset of the offending byte.
    public init(bson bytes: [UInt8], limits: DocumentLimits = .default) throws(DocumentError) {
        self = try BSONValidator.document(from: bytes, limits: limits)
    }

    /// A document with the given fields, in order; a name that occurs twice is a programming error.
    package init(fields: [(String, Value)]) {
        var names = UTF8NameIndex()
        for (name, _) in fields {
            precondition(names.place(of: name) == nil, "A document names each of its fields once.")
            names.append(name)
        }
        self.init(uniqueFields: fields)
    }

    /// A document with the given fields, whose names are known to be unique.
    package init(uniqueFields fields: some Sequence<(String, Value)>) {
        var writer = BSONWriter(reservingCapacity: 64)
        let start = writer.beginDocument()
        for (name, value) in fields { writer.append(name, value) }
        writer.endDocument(start)
        bson = writer.bytes
    }

    /// The size of the document as BSON, in bytes.
    public var byteCount: Int { bson.count }

    /// Whether the document has no fields.
    public var isEmpty: Bool { bson.count == Self.emptyBSON.count }

    /// The number of fields at the top level; counting walks over them.
    public var count: Int {
        withReader { bytes, reader in
            var count = 0
            while reader.next() != nil { count += 1 }
            return count
        }
    }

    /// The names of the fields at the top level, in order.
    public var keys: [String] {
        withReader { bytes, reader in
            var keys: [String] = []
            while let element = reader.next() { keys.append(bytes.string(in: element.name)) }
            return keys
        }
    }

    /// Lends the bytes and a reader at the first element.
    package func withReader<Result>(
        _ body: (UnsafeRawBufferPointer, inout BSONReader) throws -> Result
    ) rethrows -> Result {
        try bson.withUnsafeBytes { bytes in
            var reader = BSONReader(bytes)
            return try body(bytes, &reader)
        }
    }

    /// Replaces bytes of the top level and corrects the document's length.
    mutating func replaceBytes(_ range: Range<Int>, with bytes: [UInt8]) {
        bson.replaceSubrange(range, with: bytes)
        precondition(bson.count <= Int32.max, "A document cannot exceed 2 GiB.")
        bson.patchLength(at: 0, bson.count)
    }

    private static let emptyBSON: [UInt8] = [5, 0, 0, 0, 0]
}

extension Document: Hashable {}

extension Document: ExpressibleByDictionaryLiteral {
    /// A document with the given fields, in order; a name that occurs twice is a programming error.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(fields: elements)
    }
}
