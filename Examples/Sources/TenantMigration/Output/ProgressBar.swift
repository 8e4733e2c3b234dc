internal import Foundation
internal import MigrationCore

/// Shows how far a migration is: a line that is rewritten on a terminal, plain lines elsewhere, JSON lines on request.
struct ProgressBar {
    private let output: Output
    private let isTerminal: Bool
    private let clock = ContinuousClock()
    /// What was seen last, for the rate: another process does the copying.
    private var samples: [(time: ContinuousClock.Instant, copied: Int64)] = []
    private var lastLine: (time: ContinuousClock.Instant, state: MigrationState)?
    private var isOpen = false

    /// How often a plain line is printed while the state stays the same.
    private static let plainInterval = Duration.seconds(5)
    private static let width = 30

    init(_ output: Output) {
        self.output = output
        isTerminal = isatty(STDOUT_FILENO) == 1
    }

    /// A line of `watch --json`.
    struct Tick: Report {
        var migration: MigrationReport
        let itemsPerSecond: Double?
        let estimatedRemainingSeconds: Double?

        var lines: [String] { [] }
    }

    mutating func show(_ status: MigrationStatus, of command: String) {
        let now = clock.now
        samples.append((now, status.eventsCopied))
        samples.removeAll { $0.time.duration(to: now) > .seconds(10) }
        let rate = rate(at: now)
        let remaining = rate.flatMap { $0 > 0 ? Double(status.syncLag) / $0 : nil }
        if output.isJSON {
            output.show(
                Tick(
                    migration: MigrationReport(status),
                    itemsPerSecond: rate,
                    estimatedRemainingSeconds: remaining
                ),
                of: command
            )
        } else if isTerminal {
            output.put("\r\u{1B}[K\(line(status, rate, remaining))")
            isOpen = true
        } else if lastLine.map({ $0.state != status.state || $0.time.duration(to: now) >= Self.plainInterval }) ?? true
        {
            lastLine = (now, status.state)
            output.put(line(status, rate, remaining) + "\n")
        }
    }

    /// Leaves the line as it is and goes on below it.
    mutating func close() {
        if isOpen { output.put("\n") }
        isOpen = false
    }

    private func rate(at now: ContinuousClock.Instant) -> Double? {
        guard let first = samples.first, samples.count > 1 else { return nil }
        let seconds = first.time.duration(to: now).inSeconds
        return seconds > 0 ? Double(max(0, (samples.last?.copied ?? 0) - first.copied)) / seconds : nil
    }

    private func line(_ status: MigrationStatus, _ rate: Double?, _ remaining: Double?) -> String {
        let done = Int(status.progressPercentage / 100 * Double(Self.width))
        let bar = String(repeating: "#", count: done) + String(repeating: "-", count: Self.width - done)
        var parts = [
            "[\(bar)] \(Text.percent(status.progressPercentage))",
            "\(Text.count(status.eventsCopied)) of \(Text.count(status.totalEvents))",
        ]
        if let rate { parts.append("\(Text.count(Int64(rate)))/s") }
        if let remaining, status.syncLag > 0 { parts.append("\(Text.duration(.seconds(remaining))) left") }
        parts.append(status.state.rawValue)
        if let obstacle = status.stuckOn { parts.append("STUCK: \(obstacle)") }
        return parts.joined(separator: "  ")
    }
}
