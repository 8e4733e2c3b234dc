internal import Foundation

/// A program of `Benchmarks/Python` that measures and prints one JSON object.
struct PythonProgram {
    /// The name of the file.
    let script: String
    /// The environment variable that names an interpreter with what the program imports.
    let interpreterIn: String

    /// Runs it to its end and reads what it prints.
    func run<Result: Decodable>(_ arguments: [String]) throws -> Result {
        guard let python = ProcessInfo.processInfo.environment[interpreterIn] else {
            throw RawFailure("\(interpreterIn) names no interpreter for \(script); run make bench")
        }
        return try JSONProgram(path: python, arguments: ["Benchmarks/Python/\(script)"] + arguments).run()
    }
}
