internal import DequeModule
internal import MigrationCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Runs every task of a simulation on one thread, and picks the next job by a seeded generator.
///
/// Set as the preference of the root task, it gets the jobs of everything that the root starts in a structured way: child
/// tasks, task groups, default actors. What escapes it breaks determinism: unstructured or detached tasks, `Task.sleep`,
/// dispatch queues, the system clock and generator. A job that arrives from another thread is counted as an escape, and the
/// simulation fails.
///
/// Virtual time stands still while a job can run, and jumps to the next timer when none can.
final class SimulationExecutor: TaskExecutor {
    private struct Timer {
        let deadline: Duration
        let order: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var timers: [UInt64: Timer] = [:]
        var now: Duration = .zero
        var nextOrder: UInt64 = 0
        var random: SeededRandom
        var steps: UInt64 = 0
        var escapes = 0
        var thread: UInt = 0
        /// Changes with every pick: two runs with equal marks made the same choices.
        var mark: UInt64 = 0
    }

    private let state: Locked<State>

    init(seed: UInt64) {
        state = Locked(State(random: SeededRandom(seed: seed)))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = SimulationExecutor.currentThread
        state.withLock { state in
            if state.thread != 0, thread != state.thread { state.escapes += 1 }
            state.jobs.append(job)
        }
    }

    /// Virtual time since the beginning.
    var now: Duration { state.withLock { $0.now } }

    /// How many jobs arrived from another thread; anything but 0 means that the history is not repeatable.
    var escapes: Int { state.withLock { $0.escapes } }

    /// A number that depends on every choice so far.
    var mark: UInt64 { state.withLock { $0.mark } }

    /// How many jobs have run.
    var steps: UInt64 { state.withLock { $0.steps } }

    /// Sleeps in virtual time; `false` when the task was cancelled first.
    func sleep(until deadline: Duration) async -> Bool {
        let id = state.withLock { state in
            state.nextOrder += 1
            return state.nextOrder
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if deadline <= state.now { return true }
                    state.timers[id] = Timer(deadline: deadline, order: id, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.timers.removeValue(forKey: id) }?.continuation.resume(returning: false)
        }
    }

    /// How a run ended.
    enum End: Sendable, Hashable {
        /// The root task is done.
        case finished
        /// Nothing can run and no timer is set, but the root task is not done.
        case stuck
        /// More jobs ran than a run may have.
        case tooLong
    }

    /// Runs jobs on the calling thread until `isDone` says so.
    func run(maximumSteps: UInt64, until isDone: () -> Bool) -> End {
        state.withLock { $0.thread = SimulationExecutor.currentThread }
        while true {
            if isDone() { return .finished }
            let next = state.withLock { state -> (job: UnownedJob?, timer: Timer?, isTooLong: Bool) in
                guard state.steps < maximumSteps else { return (nil, nil, true) }
                if state.jobs.isEmpty {
                    guard let timer = state.timers.values.min(by: { ($0.deadline, $0.order) < ($1.deadline, $1.order) })
                    else {
                        return (nil, nil, false)
                    }
                    state.timers[timer.order] = nil
                    state.now = max(state.now, timer.deadline)
                    return (nil, timer, false)
                }
                let index = state.random.below(state.jobs.count)
                state.mark = state.mark &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &+ UInt64(state.jobs.count) << 32
                state.steps += 1
                return (state.jobs.remove(at: index), nil, false)
            }
            if next.isTooLong { return .tooLong }
            if let timer = next.timer {
                timer.continuation.resume(returning: true)
            } else if let job = next.job {
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            } else {
                return isDone() ? .finished : .stuck
            }
        }
    }

    private static var currentThread: UInt {
        #if canImport(Darwin)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }
}
