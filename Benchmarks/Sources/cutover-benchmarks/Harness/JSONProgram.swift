internal import Foundation

/// A program that measures and prints one JSON object.
struct JSONProgram {
    /// Where it is.
    let path: String
    let arguments: [String]

    /// Runs it to its end and reads what it prints.
    func run<Result: Decodable>() throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ChildFailure(job: "\(path) \(arguments.first ?? "")", status: process.terminationStatus)
        }
        return try JSONDecoder().decode(Result.self, from: data)
    }
}
