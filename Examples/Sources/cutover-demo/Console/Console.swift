internal import Foundation
internal import MigrationCore
internal import Synchronization

/// What the demo prints: lines, and one that lives while something runs.
///
/// With a terminal the living line is rewritten; without one it is a plain line every other second.
final class Console: Sendable {
    private struct Live {
        var last: ContinuousClock.Instant?
        var isOpen = false
    }

    private let live = Mutex(Live())
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Prints a line of its own.
    func say(_ line: String) {
        live.withLock { live in
            close(&live)
            live.last = nil
            put(line + "\n")
        }
    }

    /// Shows how far something is; called as often as one likes.
    func show(_ line: @autoclosure () -> String) {
        live.withLock { live in
            let now = ContinuousClock.now
            let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(2)
            guard let last = live.last else { return live.last = now - pause / 2 }
            guard now - last >= pause else { return }
            live.last = now
            put(isTerminal ? "\r\u{1B}[K\(line())" : "  \(line())\n")
            live.isOpen = isTerminal
        }
    }

    /// Shows the progress of a copy or a load.
    func show(_ what: String, done: Int64, total: Int64?, perSecond: Double, remaining: Duration?) {
        show(
            [
                what,
                total.map { "\(Format.count(done)) of \(Format.count($0)) (\(Format.percent(done, of: $0)))" }
                    ?? Format.count(done),
                "\(Format.count(Int64(perSecond)))/s",
                remaining.map { "\(Format.duration($0)) left" },
            ].compactMap(\.self).joined(separator: ", ")
        )
    }

    /// Shows the progress of a copy.
    func show(_ what: String, _ progress: CopyProgress) {
        show(
            what,
            done: progress.done,
            total: progress.total,
            perSecond: progress.itemsPerSecond,
            remaining: progress.estimatedRemaining
        )
    }

    private func close(_ live: inout Live) {
        if live.isOpen { put("\r\u{1B}[K") }
        live.isOpen = false
    }

    private func put(_ text: String) {
        print(text, terminator: "")
        fflush(nil)
    }
}

/// Numbers for people.
enum Format {
    /// With a comma between thousands.
    static func count(_ number: Int64) -> String {
        var digits = Array("\(number.magnitude)")
        for index in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: index) }
        return (number < 0 ? "-" : "") + String(digits)
    }

    static func percent(_ part: Int64, of whole: Int64) -> String {
        whole > 0 ? "\(part * 100 / whole) %" : "100 %"
    }

    /// In milliseconds, to a tenth.
    static func milliseconds(_ duration: Duration) -> String {
        "\((duration.inMilliseconds * 10).rounded() / 10) ms"
    }

    /// Rows under their headings; the first column is text, the others are numbers.
    static func table(_ headings: [String], _ rows: [[String]]) -> [String] {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
    }

    /// To a tenth of a second below a minute, to a second above.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        if seconds < 60 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int64(seconds.rounded())
        return "\(whole / 60) min \(whole % 60) s"
    }
}

extension Duration {
    /// The length in seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// The length in milliseconds, to a thousandth.
    var inMilliseconds: Double { (inSeconds * 1e6).rounded() / 1e3 }
}
