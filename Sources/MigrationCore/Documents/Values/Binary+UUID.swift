#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Binary {
    /// A UUID as binary of subtype 4, in network byte order.
    public init(_ uuid: UUID) {
        self.init(subtype: Self.uuidSubtype, bytes: withUnsafeBytes(of: uuid.uuid) { Array($0) })
    }

    /// The UUID that this is, or nil when the subtype is not 4 or the count of bytes is not 16.
    ///
    /// The older subtype 3 is not read: drivers disagree on its byte order.
    public var uuid: UUID? {
        guard subtype == Self.uuidSubtype, bytes.count == 16 else { return nil }
        return UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
    }
}
