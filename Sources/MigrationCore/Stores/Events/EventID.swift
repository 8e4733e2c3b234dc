#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// The identity of an event: 128 bits, unique within a tenant. Appending an id twice is how an unknown outcome is resolved.
public struct EventID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The upper 64 bits, of which a UUID's text shows the first 16 digits.
    public let high: UInt64
    /// The lower 64 bits.
    public let low: UInt64

    /// Makes an id from its 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws a random id: a UUID of version 4 (RFC 9562, section 5.4).
    public init(from source: RandomSource = .system) {
        self.init(
            high: source.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: source.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }

    /// Makes an id that begins with a time and ends with 74 random bits: a UUID of version 7 (RFC 9562, section 5.7).
    ///
    /// Ids of one time lie side by side in a store's index of ids. Random ones lie anywhere, so that in a long log each append
    /// writes a page of the index that no other append writes.
    ///
    /// - Parameters:
    ///   - time: to the millisecond; times before 1970 or after the year 10889 are cut to 48 bits.
    ///   - source: where the random bits come from.
    public init(at time: WallTime, from source: RandomSource = .system) {
        self.init(
            high: UInt64(bitPattern: time.millisecondsSinceEpoch) << 16 | source.next() & 0x0FFF | 0x7000,
            low: source.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }

    /// Takes a UUID of any version.
    public init(_ uuid: UUID) {
        self = withUnsafeBytes(of: uuid.uuid) {
            EventID(
                high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// Takes the 16 bytes of a UUID in network order; `nil` for any other count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }

    /// The UUID with the same bits.
    public var uuid: UUID {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// The UUID's text in lower case, such as `0189f7c3-...`.
    public var description: String {
        let digits = Array((Hex.text(high) + Hex.text(low)).utf8)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
            .map { String(decoding: digits[$0], as: UTF8.self) }
            .joined(separator: "-")
    }

    /// Reads the text of a UUID, with or without hyphens at their places; `nil` for anything else.
    public init?(_ text: String) {
        let digits = text.filter { $0 != "-" }
        guard
            text == digits
                || text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12],
            let bytes = Hex.bytes(digits)
        else { return nil }
        self.init(bytes: bytes)
    }

    /// Orders ids by their bytes.
    public static func < (a: EventID, b: EventID) -> Bool { (a.high, a.low) < (b.high, b.low) }
}
