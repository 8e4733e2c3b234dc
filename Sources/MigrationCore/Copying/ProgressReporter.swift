/// Keeps one progress meter for all tasks of a copy and hands its values to the caller's closure.
final class ProgressReporter: Sendable {
    private let meter: Locked<ProgressMeter>
    private let timeline: Timeline
    private let handler: @Sendable (CopyProgress) -> Void

    init(
        _ subject: CopyProgress.Subject,
        done: Int64,
        total: Int64,
        timeline: Timeline,
        handler: @escaping @Sendable (CopyProgress) -> Void
    ) {
        meter = Locked(ProgressMeter(subject, done: done, total: total, at: timeline.now))
        self.timeline = timeline
        self.handler = handler
    }

    func advance(to done: Int64) { report { $0.advance(to: done, at: $1) } }

    func advance(by count: Int64) { report { $0.advance(by: count, at: $1) } }

    func retry() { report { meter, _ in meter.retry() } }

    /// The number of attempts that were made again.
    var retries: Int { meter.withLock { $0.progress(at: .zero).retries } }

    private func report(_ change: (inout ProgressMeter, Duration) -> Void) {
        let now = timeline.now
        let progress = meter.withLock { meter in
            change(&meter, now)
            return meter.progress(at: now)
        }
        handler(progress)
    }
}
