/// How thoroughly a conformance suite looks, and from which seed.
public struct ConformanceOptions: Sendable {
    /// Where all randomness of a run comes from; failures report it.
    public var seed: UInt64
    /// How many sequences of operations are generated and compared with the model.
    public var sequences: Int
    /// The most operations of one generated sequence.
    public var operationsPerSequence: Int
    /// How many tasks work at the same time where a behaviour is about concurrency.
    public var tasks: Int
    /// The longest that a call may take which must not wait; a behaviour fails when it takes longer.
    public var patience: Duration
    /// The shortest lifetime that a store without a movable clock keeps exactly; behaviours wait for it in real time.
    public var shortestLifetime: Duration
    /// Whether a query may be answered with `unsupported` that names what is missing. Leave it off unless the backend's
    /// documentation says what it lacks; such answers then count as kept promises.
    public var allowsUnsupportedQueries: Bool

    /// Makes options.
    ///
    /// - Parameters:
    ///   - seed: by default the number 1: the same run every time.
    ///   - sequences: by default 500.
    ///   - operationsPerSequence: by default 12.
    ///   - tasks: by default 16.
    ///   - patience: by default 60 seconds.
    ///   - shortestLifetime: by default 50 milliseconds.
    ///   - allowsUnsupportedQueries: by default false.
    public init(
        seed: UInt64 = 1,
        sequences: Int = 500,
        operationsPerSequence: Int = 12,
        tasks: Int = 16,
        patience: Duration = .seconds(60),
        shortestLifetime: Duration = .milliseconds(50),
        allowsUnsupportedQueries: Bool = false
    ) {
        self.seed = seed
        self.sequences = sequences
        self.operationsPerSequence = operationsPerSequence
        self.tasks = tasks
        self.patience = patience
        self.shortestLifetime = shortestLifetime
        self.allowsUnsupportedQueries = allowsUnsupportedQueries
    }
}
