internal import Foundation
internal import MigrationCore

/// What a command found or did: lines for people, an object for programs.
protocol Report: Encodable, Sendable {
    /// What is printed without `--json`.
    var lines: [String] { get }
    /// What the command ends with; ``ExitStatus/done`` unless there is more to say.
    var status: ExitStatus { get }
}

extension Report {
    var status: ExitStatus { .done }
}

/// Where reports and failures go: results to standard output, everything else to standard error.
struct Output: Sendable {
    let isJSON: Bool

    private struct Envelope<Result: Encodable>: Encodable {
        let ok: Bool
        let command: String
        var exitCode: Int32
        var result: Result?
        var error: Failure?
    }

    /// Prints a report.
    func show(_ report: some Report, of command: String) {
        if isJSON {
            line(
                Envelope(ok: report.status == .done, command: command, exitCode: report.status.rawValue, result: report)
            )
        } else {
            put(report.lines.map { $0 + "\n" }.joined())
        }
    }

    /// Prints why nothing was done.
    func fail(_ failure: Failure, of command: String) {
        if isJSON {
            line(Envelope<String>(ok: false, command: command, exitCode: failure.status.rawValue, error: failure))
        } else {
            note("error: \(failure.message)")
            var details: [String] = []
            if let tenant = failure.tenant { details.append("tenant: \(tenant)") }
            if let state = failure.state { details.append("state: \(state.rawValue)") }
            if let store = failure.store { details.append("store: \(store)") }
            if let position = failure.position { details.append("position: \(position)") }
            if let blocked = failure.blockedWriters { details.append("writers that were parked here: \(blocked)") }
            if let lag = failure.lag { details.append("events that the target lacks: \(lag)") }
            for line in failure.report?.lines ?? [] { note("       \(line)") }
            if !details.isEmpty { note("       \(details.joined(separator: ", "))") }
        }
    }

    /// Asks for an answer on the same line.
    func ask(_ question: String) { put(question, to: .standardError) }

    /// Says something by the way.
    func note(_ line: String) { put(line + "\n", to: .standardError) }

    private func line(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing that is printed holds a number that JSON lacks.
        guard let data = try? encoder.encode(value) else { return note("error: the result cannot be written as JSON") }
        put(String(decoding: data, as: UTF8.self) + "\n")
    }

    /// Prints text as it is to standard output.
    func put(_ text: String) { put(text, to: .standardOutput) }

    private func put(_ text: String, to file: FileHandle) {
        // A reader that has gone away is no reason to fail: what was asked for is done.
        try? file.write(contentsOf: Data(text.utf8))
    }
}
