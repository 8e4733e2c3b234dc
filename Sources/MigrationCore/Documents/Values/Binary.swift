/// Bytes with a one-byte subtype that says what they mean.
public struct Binary: Sendable, Hashable {
    /// What the bytes mean: 0 plain, 4 a UUID, 5 an MD5 sum, 6 encrypted, 128 and above the application's own.
    public let subtype: UInt8
    /// The content.
    public let bytes: [UInt8]

    /// Makes a binary value; subtype 0 is plain bytes.
    public init(subtype: UInt8 = 0, bytes: [UInt8]) {
        self.subtype = subtype
        self.bytes = bytes
    }

    /// Subtype 2, whose BSON form holds its length twice. `bytes` is the content without the inner length.
    package static let oldSubtype: UInt8 = 2

    /// Subtype 4, a UUID in network byte order.
    package static let uuidSubtype: UInt8 = 4
}
