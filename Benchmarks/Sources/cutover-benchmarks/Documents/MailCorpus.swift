internal import MigrationCore

/// Documents of about 1 KB shaped like mail messages, the same in every run.
enum MailCorpus: String, CaseIterable {
    /// ASCII text without anything to escape.
    case plain
    /// Quotation marks, backslashes, line ends, tabs and control characters.
    case escaped
    /// German, Greek, Japanese and emoji.
    case nonASCII = "non-ascii"

    /// The documents.
    var documents: [Document] {
        var random = SeededRandom(seed: 0x6D61_696C)
        return (0..<64).map { mail($0, &random) }
    }

    private var words: [String] {
        switch self {
        case .plain:
            [
                "invoice", "meeting", "please", "find", "the", "attached", "for", "review", "by", "Friday", "and",
                "thanks",
            ]
        case .escaped:
            ["\"quoted\"", "C:\\temp", "line\nbreak", "tab\there", "and", "a\rreturn", "\u{1}\u{1F}", "plain", "<b>"]
        case .nonASCII:
            ["Grüße", "größer", "Straße", "καλημέρα", "κόσμε", "会議", "の", "資料", "👋🏽", "naïve", "façade", "and"]
        }
    }

    private func mail(_ number: Int, _ random: inout SeededRandom) -> Document {
        func text(bytes: Int, _ random: inout SeededRandom) -> String {
            var text = ""
            while text.utf8.count < bytes {
                if !text.isEmpty { text += " " }
                text += words[Int(random.next() % UInt64(words.count))]
            }
            return text
        }
        let people = (0..<3).map { _ in "user\(random.next() % 1000)@example.org" }
        return [
            "_id": .string("msg-\(100_000 + number)"),
            "conversation": .string("conv-\(random.next() % 5000)"),
            "from": ["name": .string(text(bytes: 14, &random)), "address": .string(people[0])],
            "to": [["address": .string(people[1])], ["address": .string(people[2])]],
            "subject": .string(text(bytes: 60, &random)),
            "receivedAt": .int64(1_700_000_000_000 + Int64(number) * 60_000),
            "size": .int32(Int32(random.next() % 100_000)),
            "score": .double(Double(random.next() % 1000) / 8),
            "read": .bool(number.isMultiple(of: 2)),
            "replyTo": .null,
            "labels": [.string("inbox"), .string("label-\(random.next() % 20)")],
            "headers": [
                "Message-ID": .string("<\(random.next())@example.org>"), "X-Spam-Score": .int32(0),
                "MIME-Version": "1.0",
            ],
            "body": .string(text(bytes: 480, &random)),
        ]
    }
}

/// Short documents that are mostly Extended JSON wrappers.
enum WrapperCorpus {
    /// The documents.
    static var documents: [Document] {
        var random = SeededRandom(seed: 0x7772_6170)
        return (0..<64).map { number in
            [
                "_id": .objectID(ObjectID(bytes: (0..<12).map { _ in UInt8(truncatingIfNeeded: random.next()) })!),
                "at": .date(
                    WallTime(millisecondsSinceEpoch: 1_600_000_000_000 + Int64(random.next() % 100_000_000_000))
                ),
                "count": .int64(Int64(truncatingIfNeeded: random.next())),
                "size": .int32(Int32(truncatingIfNeeded: random.next())),
                "price": .decimal128(Decimal128("\(random.next() % 100_000).\(number % 90 + 10)")!),
                "ratio": .double(Double(random.next() % 100_000) / 64),
                "hash": .binary(
                    Binary(subtype: 0, bytes: (0..<20).map { _ in UInt8(truncatingIfNeeded: random.next()) })
                ),
                "clock": .timestamp(BSONTimestamp(seconds: UInt32(truncatingIfNeeded: random.next()), increment: 7)),
            ]
        }
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
