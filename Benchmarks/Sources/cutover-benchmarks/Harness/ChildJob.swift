internal import Foundation

/// A job that a child process does, so that its high-water mark of memory is its own.
enum ChildJob {
    /// The first argument of such a process; the job and its parameters follow.
    static let argument = "--child"

    /// Does the job that the arguments name.
    static func run(_ arguments: [String]) async throws {
        guard let name = arguments.first, let job = jobs[name] else {
            FileHandle.standardError.write(Data("error: no job \(arguments)\n".utf8))
            exit(2)
        }
        try await job(Array(arguments.dropFirst()))
    }

    /// The jobs by name.
    private static let jobs: [String: @Sendable ([String]) async throws -> Void] = [:]

    /// Runs a job in a child process to its end.
    ///
    /// - Returns: the most memory that it held at any time, in bytes.
    static func peakMemory(of name: String, _ parameters: [String]) throws -> Double {
        let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        var arguments = ([executable, argument, name] + parameters).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        let failure = posix_spawn(&child, executable, nil, nil, &arguments, environ)
        guard failure == 0 else { throw ChildFailure(job: name, status: failure) }
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(child, &status, 0, &usage) == child, status == 0 else {
            throw ChildFailure(job: name, status: status)
        }
        return Double(usage.ru_maxrss) * 1024
    }
}

/// A child process that could not do its job.
struct ChildFailure: Error {
    /// The job.
    let job: String
    /// As `wait4` or `posix_spawn` gave it.
    let status: Int32
}
