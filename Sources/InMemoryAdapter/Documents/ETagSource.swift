internal import MigrationCore

/// Makes tags that never repeat: a counter behind a prefix that is drawn once for each store.
///
/// Both are written in digits of 6 bits, so that the first 4 trillion tags fit into a string without an allocation.
struct ETagSource {
    private static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~".utf8)

    /// Eight digits: 48 random bits.
    let prefix: String
    private let prefixBytes: [UInt8]
    private var counter: UInt64 = 0

    init(_ random: RandomSource) {
        let bits = random.next()
        prefixBytes = (0..<8).map { ETagSource.digits[Int(bits >> (16 + 6 * UInt64($0)) & 63)] }
        prefix = String(decoding: prefixBytes, as: UTF8.self)
    }

    mutating func next() -> ETag {
        counter += 1
        var rest = counter
        var length = prefixBytes.count
        let text = String(unsafeUninitializedCapacity: rest >> 42 == 0 ? 15 : 19) { buffer in
            _ = buffer.initialize(from: prefixBytes)
            repeat {
                buffer.initializeElement(at: length, to: ETagSource.digits[Int(rest & 63)])
                rest >>= 6
                length += 1
            } while rest > 0
            return length
        }
        return ETag(text)
    }
}
