internal import MigrationCore

/// Makes tags that never repeat: a counter behind a prefix that is drawn once for each store.
struct ETagSource {
    let prefix: String
    private var counter: UInt64 = 0

    init(_ random: RandomSource) { prefix = Hex.text(random.next()) }

    mutating func next() -> ETag {
        counter += 1
        return ETag(prefix + "-" + String(counter, radix: 36))
    }
}
