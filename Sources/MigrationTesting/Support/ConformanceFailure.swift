/// A promise that did not hold.
public struct ConformanceFailure: Error, Sendable {
    /// The name of the behaviour.
    public let behaviour: String
    /// What the protocol promises.
    public let expectation: String
    /// What the store did instead.
    public let observed: String
    /// The seed of the run; give it to the suite's options to see the same run again.
    public let seed: UInt64
    /// The operations that led to it, oldest first, where the behaviour generates them.
    public let history: [String]

    /// Makes a failure; behaviours of your own may throw it.
    public init(behaviour: String, expectation: String, observed: String, seed: UInt64, history: [String] = []) {
        self.behaviour = behaviour
        self.expectation = expectation
        self.observed = observed
        self.seed = seed
        self.history = history
    }
}

extension ConformanceFailure: CustomStringConvertible {
    /// All parts, one in a line.
    public var description: String {
        var lines = [
            "\"\(behaviour)\" does not hold (seed \(seed)).", "  expected: \(expectation)", "  seen: \(observed)",
        ]
        if !history.isEmpty {
            lines.append("  after:")
            lines += history.enumerated().map { "    \($0 + 1). \($1)" }
        }
        return lines.joined(separator: "\n")
    }
}
