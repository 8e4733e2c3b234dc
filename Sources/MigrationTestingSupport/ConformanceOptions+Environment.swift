internal import Foundation
public import MigrationTesting

extension ConformanceOptions {
    /// Options for a test run: the seed that the environment variable `CUTOVER_SEED` names, if it is set, and long patience.
    ///
    /// A run with a seed of its own looks at other sequences than the one before; the seed that a failure reports repeats it.
    /// Whoever runs all tests of a package at once keeps the machine busy, so what must not wait gets two minutes.
    public static var fromEnvironment: ConformanceOptions {
        var options = ConformanceOptions(patience: .seconds(120))
        if let text = ProcessInfo.processInfo.environment["CUTOVER_SEED"] {
            guard let seed = UInt64(text) else { preconditionFailure("CUTOVER_SEED is a number, not '\(text)'.") }
            options.seed = seed
        }
        return options
    }
}
