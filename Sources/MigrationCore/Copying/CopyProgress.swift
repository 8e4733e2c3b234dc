/// How far a copy is: values for a progress line, a gauge or an alarm.
///
/// It comes after each batch that is durably applied, and before each wait for another attempt, so that a copy that no
/// longer advances shows as one.
public struct CopyProgress: Sendable, Hashable {
    /// What is copied.
    public enum Subject: Sendable, Hashable {
        /// The log of a tenant.
        case tenant(TenantID)
        /// The documents of a collection.
        case collection(CollectionName)
    }

    /// What is copied.
    public var subject: Subject
    /// Events or documents that are durably in the target or dealt with, those of earlier runs included.
    public var done: Int64
    /// How many there are in all, as counted at the start; `done` passes it when more are written meanwhile.
    public var total: Int64
    /// Events or documents per second of this run, over about the last ten seconds.
    public var itemsPerSecond: Double
    /// How long the rest takes at that rate; `nil` until there is a rate.
    public var estimatedRemaining: Duration?
    /// The time since `done` last grew: the sign of life that means that data is moving.
    public var timeSinceLastAdvance: Duration
    /// Attempts that failed for a passing reason and were made again.
    public var retries: Int

    /// The part that is done, from 0 to 1.
    public var fraction: Double { total > 0 ? min(1, Double(done) / Double(total)) : 1 }
}

/// Turns counts at times into progress values. Time comes in as durations since any fixed beginning.
struct ProgressMeter {
    private let subject: CopyProgress.Subject
    private var done: Int64
    private var total: Int64
    private var retries = 0
    private var lastAdvance: Duration
    /// Counts at times, oldest first: the window over which the rate is measured.
    private var samples: [(time: Duration, done: Int64)]

    private static let window = Duration.seconds(10)
    private static let spacing = Duration.milliseconds(250)

    init(_ subject: CopyProgress.Subject, done: Int64, total: Int64, at now: Duration) {
        self.subject = subject
        self.done = done
        self.total = total
        lastAdvance = now
        samples = [(now, done)]
    }

    mutating func advance(to done: Int64, at now: Duration) {
        guard done > self.done else { return }
        self.done = done
        lastAdvance = now
        guard let newest = samples.last, now - newest.time >= Self.spacing else { return }
        samples.append((now, done))
        while samples.count > 2, now - samples[1].time >= Self.window { samples.removeFirst() }
    }

    mutating func retry() { retries += 1 }

    mutating func advance(by count: Int64, at now: Duration) { advance(to: done + count, at: now) }

    func progress(at now: Duration) -> CopyProgress {
        let oldest = samples[0]
        let seconds = (now - oldest.time).inSeconds
        let rate = seconds > 0 ? Double(done - oldest.done) / seconds : 0
        let rest = max(0, total - done)
        let remaining: Duration? =
            if rest == 0 { .zero } else if rate > 0 { .seconds(min(Double(rest) / rate, 1e12)) } else { nil }
        return CopyProgress(
            subject: subject,
            done: done,
            total: total,
            itemsPerSecond: rate,
            estimatedRemaining: remaining,
            timeSinceLastAdvance: now - lastAdvance,
            retries: retries
        )
    }
}
