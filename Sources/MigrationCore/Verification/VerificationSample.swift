/// Which part of the data is compared in content: chosen by names, so that the same part is chosen on both sides and again.
struct VerificationSample: Sendable, Hashable {
    /// Those whose hash is below this are in; one beyond 2^32 takes all.
    private let bound: UInt64
    private let seed: UInt64

    init(percentage: Double, seed: UInt64) {
        bound = UInt64((max(0, min(100, percentage)) / 100 * 4_294_967_296).rounded())
        self.seed = seed
    }

    var takesAll: Bool { bound >= 4_294_967_296 }

    func contains(hash: UInt64) -> Bool { takesAll || NameHash.mix(hash ^ seed) >> 32 < bound }

    func contains(_ stream: StreamID) -> Bool { takesAll || contains(hash: NameHash.of(stream.text)) }
}

/// A fast hash of names that is the same in every process; it spreads, and promises nothing else.
enum NameHash {
    static func of(_ text: String) -> UInt64 { mix(combine(text, into: 0xCBF2_9CE4_8422_2325)) }

    static func of(_ key: DocumentKey) -> UInt64 {
        let partition = combine(key.partition.text, into: 0xCBF2_9CE4_8422_2325)
        return mix(combine(key.id.text, into: (partition ^ 0xFF) &* 0x100_0000_01B3))
    }

    /// FNV-1a over the UTF-8 bytes.
    private static func combine(_ text: String, into start: UInt64) -> UInt64 {
        text.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Spreads every bit over all bits (the finaliser of SplitMix64).
    static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
