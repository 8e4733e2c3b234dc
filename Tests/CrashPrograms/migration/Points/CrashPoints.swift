import MigrationCore
import Synchronization

#if canImport(Glibc)
@preconcurrency import Glibc
#else
import Darwin
#endif

/// The points at which this process kills and stops itself, from `CUTOVER_KILL_POINT` and `CUTOVER_STOP_POINT`.
///
/// Several points are separated by commas; the first that is reached counts. With `CUTOVER_ARMED=0` passages on the way to a
/// kill are counted once the parent has sent `SIGUSR1`. Nothing but this program reads those variables. Wrappers around the stores
/// say which step is under way, hooks of SQLite say where its transaction is, and a call of a server is interrupted at any moment;
/// so no line of the library knows of any of this.
final class CrashPoints: Sendable {
    static let shared = CrashPoints()

    private struct State {
        var kills: [CrashPoint]
        var stops: [CrashPoint]
        /// How many calls of a step are under way on a file.
        var underWay: [String: [String: Int]] = [:]
        /// How long the last call of a step took where no file tells its moments.
        var durations: [String: Duration] = [:]
    }

    private let state: Locked<State>
    private static let isArmed = Atomic(false)

    private init() {
        if let value = getenv("CUTOVER_ARMED"), String(cString: value) == "0" {
            signal(SIGUSR1) { _ in CrashPoints.isArmed.store(true, ordering: .relaxed) }
        } else {
            CrashPoints.isArmed.store(true, ordering: .relaxed)
        }
        state = Locked(State(kills: Self.points("CUTOVER_KILL_POINT"), stops: Self.points("CUTOVER_STOP_POINT")))
    }

    private static func points(_ variable: String) -> [CrashPoint] {
        guard let value = getenv(variable) else { return [] }
        return String(cString: value).split(separator: ",").map { text in
            guard let point = CrashPoint(String(text)) else { Report.fail("\(variable) holds no point: \(text)") }
            return point
        }
    }

    /// Has SQLite tell where its transactions are; called once, before a file is opened.
    func install() { TransactionHooks.install() }

    /// Makes a call as a step, and passes its points.
    ///
    /// - Parameter file: the file whose transactions tell the moments inside the call; without one they are any moment of it.
    func step<Result>(
        _ step: String,
        on file: String?,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        pass(step, .before)
        let result: Result
        if let file {
            state.withLock { $0.underWay[file, default: [:]][step, default: 0] += 1 }
            do throws(StoreError) {
                result = try await body()
                end(step, on: file)
            } catch {
                end(step, on: file)
                throw error
            }
        } else {
            result = try await timed(step, body)
        }
        pass(step, .after)
        return result
    }

    /// Makes a call and passes its point inside at a moment between now and the time that the last such call took.
    private func timed<Result>(
        _ step: String,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let duration = state.withLock { state -> Duration? in
            guard (state.kills + state.stops).contains(where: { $0.step == step && $0.moment == .inside }) else {
                return nil
            }
            return state.durations[step] ?? .milliseconds(4)
        }
        guard let duration else { return try await body() }
        async let _: Void = passInside(step, after: duration * Double.random(in: 0..<1))
        let start = ContinuousClock.now
        let result = try await body()
        state.withLock { $0.durations[step] = start.duration(to: .now) }
        return result
    }

    /// Ends with the call, which cancels it.
    private func passInside(_ step: String, after delay: Duration) async {
        do { try await Task.sleep(for: delay) } catch { return }
        pass(step, .inside)
    }

    private func end(_ step: String, on file: String) {
        state.withLock { $0.underWay[file]?[step, default: 1] -= 1 }
    }

    /// A transaction of a file is at a moment: passes the points of all steps that are under way there.
    func transaction(of file: String, at moment: CrashPoint.Moment) {
        let steps = state.withLock { $0.underWay[file]?.filter { $0.value > 0 }.map(\.key) ?? [] }
        for step in steps { pass(step, moment) }
    }

    private func pass(_ step: String, _ moment: CrashPoint.Moment) {
        let (kills, stops) = state.withLock { state in
            let stops = Self.reaches(&state.stops, step, moment)
            let isArmed = Self.isArmed.load(ordering: .relaxed)
            return (!stops && isArmed && Self.reaches(&state.kills, step, moment), stops)
        }
        if stops {
            Report.say("H \(step):\(moment.rawValue)")
            kill(getpid(), SIGSTOP)
        }
        if kills {
            Report.say("K \(step):\(moment.rawValue)")
            kill(getpid(), SIGKILL)
        }
    }

    /// Counts a passage; when a point is reached, all of its kind have done their work.
    private static func reaches(_ points: inout [CrashPoint], _ step: String, _ moment: CrashPoint.Moment) -> Bool {
        for index in points.indices where points[index].step == step && points[index].moment == moment {
            points[index].passage -= 1
            guard points[index].passage > 0 else {
                points = []
                return true
            }
        }
        return false
    }
}
