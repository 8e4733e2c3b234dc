internal import Foundation
public import MigrationTesting

extension ConformanceOptions {
    /// The defaults, with the seed that the environment variable `CUTOVER_SEED` names, if it is set.
    ///
    /// A run with a seed of its own looks at other sequences than the one before; the seed that a failure reports repeats it.
    public static var fromEnvironment: ConformanceOptions {
        var options = ConformanceOptions()
        if let text = ProcessInfo.processInfo.environment["CUTOVER_SEED"] {
            guard let seed = UInt64(text) else { preconditionFailure("CUTOVER_SEED is a number, not '\(text)'.") }
            options.seed = seed
        }
        return options
    }
}
