import Foundation

/// A process that the parent started: what it says, and how it ends.
final class Child {
    let name: String
    let isOperator: Bool
    private let process = Process()
    private let output = Pipe()
    private var pending: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// When the parent kills it, unless its point was earlier.
    var deadline: ContinuousClock.Instant
    /// When it was last halted and not woken.
    var haltedAt: ContinuousClock.Instant?
    /// The point at which it said that it kills itself.
    var killedAt: CrashPoint?
    /// Whether it still ignores its kill points.
    private(set) var isUnarmed: Bool
    /// The parent has killed it.
    private(set) var isKilled = false
    var reportedEnd = false

    init(
        _ arguments: [String],
        name: String,
        kill: [CrashPoint] = [],
        stop: [CrashPoint] = [],
        startsUnarmed: Bool = false,
        deadline: ContinuousClock.Instant
    ) throws {
        self.name = name
        self.deadline = deadline
        isUnarmed = startsUnarmed
        isOperator = arguments.first == "operator"
        process.executableURL = Bundle.main.executableURL
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment
        environment["CUTOVER_KILL_POINT"] = kill.isEmpty ? nil : kill.map(\.text).joined(separator: ",")
        environment["CUTOVER_STOP_POINT"] = stop.isEmpty ? nil : stop.map(\.text).joined(separator: ",")
        environment["CUTOVER_ARMED"] = startsUnarmed ? "0" : nil
        process.environment = environment
        process.standardOutput = output
        try process.run()
        // The parent reads what is there and never waits for more.
        let descriptor = output.fileHandleForReading.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    var isRunning: Bool { process.isRunning }

    /// The lines that it has said since the last time. What a killed process did not finish is no line.
    func lines() -> [String] {
        while true {
            let count = read(output.fileHandleForReading.fileDescriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            pending += buffer[..<count]
        }
        guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return text.split(separator: "\n").map(String.init)
    }

    func kill() {
        guard isRunning else { return }
        isKilled = true
        Foundation.kill(process.processIdentifier, SIGKILL)
    }

    func halt(at now: ContinuousClock.Instant) {
        guard isRunning else { return }
        haltedAt = now
        Foundation.kill(process.processIdentifier, SIGSTOP)
    }

    /// From now on its kill points count.
    func arm() {
        guard isUnarmed, isRunning else { return }
        isUnarmed = false
        Foundation.kill(process.processIdentifier, SIGUSR1)
    }

    func wake() {
        haltedAt = nil
        guard isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGCONT)
    }

    /// How it ended, for people; `nil` when it was killed.
    var unexpectedEnd: String? {
        guard !process.isRunning,
            !(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        else { return nil }
        let way = process.terminationReason == .uncaughtSignal ? "by signal" : "with status"
        return "\(name) ended \(way) \(process.terminationStatus)"
    }
}
