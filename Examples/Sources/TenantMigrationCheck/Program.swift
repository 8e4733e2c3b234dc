internal import Foundation

/// The program under test, run as an operator's script would run it: without a terminal.
struct Program: Sendable {
    let path: String
    let folder: String
    /// Stores and control store, before the arguments of each call.
    let shared: [String]

    /// How a call ended.
    struct Result: Sendable {
        let code: Int32
        let output: String
        let errors: String

        /// The last line as a JSON object; empty when it is none.
        var json: JSON { JSON(output.split(separator: "\n").last.map(String.init) ?? "") }
    }

    /// Runs a subcommand over the usual stores and waits for its end.
    func run(_ command: String, _ arguments: [String] = [], json: Bool = true) throws -> Result {
        try plain([command] + shared + arguments + (json ? ["--json", "--actor", "check"] : []))
    }

    /// Runs the program with these arguments and no others.
    func plain(_ arguments: [String]) throws -> Result {
        // Through files: a pipe that nobody reads would stop a program that prints much.
        let names = ["out", "err"].map { "\(folder)/\($0)-\(UUID().uuidString)" }
        let process = try start(arguments, output: names[0], errors: names[1])
        process.waitUntilExit()
        let texts = try names.map { name in
            defer { try? FileManager.default.removeItem(atPath: name) }
            return try String(contentsOfFile: name, encoding: .utf8)
        }
        return Result(code: process.terminationStatus, output: texts[0], errors: texts[1])
    }

    /// Starts a subcommand over the usual stores and leaves it running.
    func background(_ command: String, _ arguments: [String] = []) throws -> (process: Process, output: String) {
        let output = "\(folder)/\(command)-\(UUID().uuidString)"
        let arguments = [command] + shared + arguments + ["--json"]
        return (try start(arguments, output: output, errors: output + "-errors"), output)
    }

    private func start(_ arguments: [String], output: String, errors: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try file(output)
        process.standardError = try file(errors)
        try process.run()
        return process
    }

    private func file(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        return try FileHandle(forWritingTo: URL(filePath: path))
    }
}

/// A piece of JSON that is looked into by names and indices; whatever is not there is `nil` at the end.
struct JSON {
    private let value: Any?

    init(_ text: String) { value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) }

    private init(value: Any?) { self.value = value }

    subscript(name: String) -> JSON { JSON(value: (value as? [String: Any])?[name]) }

    subscript(index: Int) -> JSON {
        let items = list
        return items.indices.contains(index) ? items[index] : JSON(value: nil)
    }

    var text: String? { value as? String }
    var number: Double? { (value as? NSNumber)?.doubleValue }
    var flag: Bool? { (value as? NSNumber)?.boolValue }
    var list: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var exists: Bool { value != nil && !(value is NSNull) }
}
