import MigrationTesting
import Testing

/// Runs every behaviour of a suite and tells which promises were broken.
enum SabotageRun {
    /// Quick enough to run the whole suite once for each sabotage.
    ///
    /// A store that never wakes up is waited for; all others get the time that a busy machine needs.
    static func options(hangs: Bool = false) -> ConformanceOptions {
        ConformanceOptions(sequences: 40, tasks: 5, patience: hangs ? .seconds(2) : .seconds(20))
    }

    /// The failures by the names of the behaviours. A few run at the same time, so that none waits long for a thread.
    static func brokenPromises(of behaviours: [Behaviour]) async throws -> [String: ConformanceFailure] {
        try await withThrowingTaskGroup(of: (String, ConformanceFailure?).self) { group in
            var waiting = behaviours[...]
            var broken: [String: ConformanceFailure] = [:]
            func start() {
                guard let behaviour = waiting.popFirst() else { return }
                group.addTask {
                    do {
                        try await behaviour.run()
                        return (behaviour.name, nil)
                    } catch let failure as ConformanceFailure {
                        return (behaviour.name, failure)
                    }
                }
            }
            for _ in 0..<12 { start() }
            while let (name, failure) = try await group.next() {
                broken[name] = failure
                start()
            }
            return broken
        }
    }
}

/// Which behaviours must fail for a sabotage, and which may because they depend on the seed or on how tasks interleave.
struct BrokenPromises: Sendable {
    var always: Set<String>
    var sometimes: Set<String> = []
}
