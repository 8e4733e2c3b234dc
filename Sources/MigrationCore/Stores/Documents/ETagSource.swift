/// Makes etags that never repeat: 64 random bits of this store, and a number that grows.
///
/// A number alone would repeat when a file is restored from a backup, or in another process.
package final class ETagSource: Sendable {
    private let prefix: String
    private let count = Locked<UInt64>(0)

    package init(_ random: RandomSource) {
        prefix = Hex.text(random.next()) + "-"
    }

    package func next() -> ETag {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return ETag(prefix + String(number, radix: 36))
    }
}
