internal import MigrationCore

/// What this process has seen of each container, range by range: sent with reads, so that no replica answers that is behind.
final class SessionTokens: Sendable {
    private struct Token {
        var text: String
        var version: Int64
        var number: Int64
    }

    private let tokens = Locked<[String: [String: Token]]>([:])

    /// Takes the tokens of an answer.
    func note(_ header: String?, of container: String) {
        guard let header, !header.isEmpty else { return }
        tokens.withLock { tokens in
            for part in header.split(separator: ",") {
                let halves = part.split(separator: ":", maxSplits: 1)
                guard halves.count == 2 else { continue }
                let numbers = halves[1].split(separator: "#")
                guard numbers.count >= 2, let version = Int64(numbers[0]), let number = Int64(numbers[1]) else {
                    continue
                }
                let token = Token(text: String(part), version: version, number: number)
                let range = String(halves[0])
                if let known = tokens[container]?[range],
                    (known.version, known.number) >= (token.version, token.number)
                {
                    continue
                }
                tokens[container, default: [:]][range] = token
            }
        }
    }

    /// The header for a read.
    ///
    /// - Parameter range: the range that it goes to, where that is known.
    func header(of container: String, range: String? = nil) -> String? {
        tokens.withLock { tokens in
            guard let known = tokens[container] else { return nil }
            if let range, let token = known[range] { return token.text }
            return known.values.map(\.text).sorted().joined(separator: ",")
        }
    }

    /// Forgets ranges that are no more; what is known of them stands in those that came from them.
    func keep(only ranges: Set<String>, of container: String) {
        tokens.withLock { tokens in
            guard let known = tokens[container], !known.keys.allSatisfy(ranges.contains) else { return }
            // A child begins where its parents ended.
            let newest = known.filter { !ranges.contains($0.key) }.values.max {
                ($0.version, $0.number) < ($1.version, $1.number)
            }
            var kept = known.filter { ranges.contains($0.key) }
            if let newest { kept["gone"] = newest }
            tokens[container] = kept
        }
    }
}
