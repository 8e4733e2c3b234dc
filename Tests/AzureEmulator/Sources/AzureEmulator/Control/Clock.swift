import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The time of the services: the machine's, moved by an offset that tests set, and never the same twice.
package final class Clock: Sendable {
    private struct State {
        var offset: Int64 = 0
        var last: Int64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// The machine's time. The dates that clients sign are compared with this one, for they know of no offset.
    package static var machine: Moment { Moment(ticks: machineTicks) }

    /// The time of the services: of entity tags, timestamps, leases, and of what expires.
    package var now: Moment {
        let ticks = Self.machineTicks
        return state.withLock { Moment(ticks: ticks + $0.offset) }
    }

    /// A time later than every one that this method gave before, for entity tags and timestamps.
    package func tick() -> Moment {
        let ticks = Self.machineTicks
        return state.withLock { state in
            state.last = max(ticks + state.offset, state.last + 1)
            return Moment(ticks: state.last)
        }
    }

    /// The seconds that the services are ahead of the machine.
    package var offsetSeconds: Double {
        get { state.withLock { Double($0.offset) / 10_000_000 } }
        set { state.withLock { $0.offset = Int64(newValue * 10_000_000) } }
    }

    package func advance(seconds: Double) { state.withLock { $0.offset += Int64(seconds * 10_000_000) } }

    private static var machineTicks: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 10_000_000 + Int64(time.tv_nsec) / 100
    }
}
