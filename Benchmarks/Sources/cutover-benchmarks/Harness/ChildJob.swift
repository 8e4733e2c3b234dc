internal import Foundation

/// A job that a process of its own does, so that its high-water mark of memory is that of the job.
enum ChildJob {
    /// The first argument of such a process; the job and its parameters follow.
    static let argument = "--child"

    /// The jobs by name.
    private static let jobs = MemoryUse.jobs.merging(BlobSpeed.jobs) { first, _ in first }

    /// Does the job that the arguments name and writes how much memory it took into the file that they end with.
    static func run(_ arguments: [String]) async throws {
        guard let name = arguments.first, let job = jobs[name], let result = arguments.last else {
            throw ChildFailure(job: "\(arguments)", status: 0)
        }
        try await job(Array(arguments.dropFirst().dropLast()))
        try "\(peakMemory())".write(toFile: result, atomically: true, encoding: .utf8)
    }

    /// Runs a job in a child process to its end.
    ///
    /// - Parameters:
    ///   - name: which job.
    ///   - parameters: what it is given.
    ///   - folder: where the child leaves its result.
    /// - Returns: the most memory that it held at any time, in bytes.
    @discardableResult
    static func run(_ name: String, _ parameters: [String], in folder: String) throws -> Double {
        let result = "\(folder)/\(name).result"
        let child = Process()
        child.executableURL = Bundle.main.executableURL
        child.arguments = [argument, name] + parameters + [result]
        try child.run()
        child.waitUntilExit()
        let text = try? String(contentsOfFile: result, encoding: .utf8)
        guard child.terminationStatus == 0, let bytes = text.flatMap(Double.init) else {
            throw ChildFailure(job: name, status: child.terminationStatus)
        }
        return bytes
    }

    /// The most memory that this process has held.
    ///
    /// Linux hands the mark that `getrusage` reports down from the parent, so it is read where only this program's counts.
    private static func peakMemory() throws -> Int {
        #if os(Linux)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kibibytes = line?.split(separator: " ").compactMap({ Int($0) }).first else {
            throw ChildFailure(job: "VmHWM", status: 0)
        }
        return kibibytes * 1024
        #else
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #endif
    }
}

/// A child process that could not do its job.
struct ChildFailure: Error {
    /// The job.
    let job: String
    /// What the process ended with.
    let status: Int32
}
