internal import MigrationCore

/// Documents like those of a package index, for machines that have none: the same ones for the same seed.
struct GeneratedPackages: DocumentSource {
    let title: String

    private let count: Int
    private var random: SeededRandom
    private var number = 0

    init(count: Int, seed: UInt64) {
        title = "\(count) generated packages, seed \(seed)"
        self.count = count
        random = SeededRandom(seed: seed)
    }

    mutating func next() throws -> (key: DocumentKey, document: Document)? {
        guard number < count else { return nil }
        number += 1
        let section = ["libs", "python", "net", "games", "science", "文書", "x11"].randomElement(using: &random)!
        let architecture = number.isMultiple(of: 3) ? "all" : "amd64"
        let id = "package-\(number)"
        let document: Document = [
            "_id": .string(id),
            "Package": .string(id),
            "Version": .string("\(random.next() % 9).\(random.next() % 40)-\(random.next() % 9 + 1)"),
            "Installed-Size": .int64(Int64(random.next() % 3_000_000_000)),
            "Maintainer": .string("Maintainer Nº \(random.next() % 900) <maintainer@example.org>"),
            "Architecture": .string(architecture),
            "Depends": .array(
                (0..<(random.next() % 12)).map { _ in
                    .string("package-\(random.next() % UInt64(count)) (>= 1.\(number % 7))")
                }
            ),
            "Description": .string("Generated \"package\" for \(section)\nwith a second line and a\ttab"),
            "Section": .string(section),
            "Essential": .bool(random.next() % 400 == 0),
            "Popularity": .double(Double(random.next() % 100_000) / 1024),
            "Built": .date(
                WallTime(millisecondsSinceEpoch: 1_500_000_000_000 + Int64(random.next() % 200_000_000_000))
            ),
            "SHA256": .binary(Binary(bytes: (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) })),
            "Size": .int64(Int64(random.next() % 900_000_000)),
        ]
        let key = DocumentKey(collection: packages, partition: PartitionKey(.string(architecture)), id: DocumentID(id))
        return (key, document)
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
