internal import Foundation

/// A program whose output is read while it runs.
///
/// Reading blocks the calling thread: the demo reads its input in one place, and nothing else waits for that thread.
struct Subprocess {
    private let process = Process()
    private let output = Pipe()

    /// Starts a program that `env` finds on the path; its error output is dropped.
    ///
    /// - Throws: when nothing of that name can be started.
    init(_ arguments: [String]) throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
    }

    /// The next bytes, or `nil` at the end of the output.
    func read() throws -> [UInt8]? {
        guard let data = try output.fileHandleForReading.read(upToCount: 1 << 18), !data.isEmpty else { return nil }
        return [UInt8](data)
    }

    /// All that is left of the output.
    func readToEnd() throws -> [UInt8] {
        [UInt8](try output.fileHandleForReading.readToEnd() ?? Data())
    }

    /// Waits for the end of a program whose output was read, and returns whether it succeeded.
    func succeeded() -> Bool {
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
