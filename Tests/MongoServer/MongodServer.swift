import Foundation

/// A mongod of the tests: a replica set of one node on a free port of this machine, with a data folder of its own.
///
/// It lives at most as long as the process that started it: a small shell holds it, and ends it by its process id once its standard
/// input closes, which the end of that process does, however it came.
public final class MongodServer: Sendable {
    /// Where it listens, on 127.0.0.1.
    public let port: Int
    /// The folder of its data and log.
    public let folder: String
    private let options: [String]
    private let isMember: Bool
    private let oplogMegabytes: Int
    private let holder: Mutexed<Holder?>

    struct Holder: @unchecked Sendable {
        // Safety: only touched under the mutex around it.
        let process: Process
        let input: Pipe
        let mongod: Int32
    }

    /// The connection string of a client that finds the primary by the replica set's name.
    public func uri(database: String = "", options: String = "", credentials: String = "") -> String {
        let more = options.isEmpty ? "" : "&\(options)"
        return "mongodb://\(credentials)127.0.0.1:\(port)/\(database)?replicaSet=\(Self.replicaSet)\(more)"
    }

    static let replicaSet = "cutover"

    /// Starts a server and waits until it is the primary of its replica set.
    public static func start(options: [String] = [], oplogMegabytes: Int = 256) async throws -> MongodServer {
        try await start(options: options, isMember: true, oplogMegabytes: oplogMegabytes)
    }

    /// Starts a server that is no member of a replica set.
    public static func startStandalone() async throws -> MongodServer {
        try await start(options: [], isMember: false, oplogMegabytes: 0)
    }

    private static func start(
        options: [String],
        isMember: Bool,
        oplogMegabytes: Int
    ) async throws -> MongodServer {
        guard let program = program else { throw MongodError("no mongod: run Scripts/fetch-mongod.sh") }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "cutover-mongod-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for attempt in 1... {
            let server = MongodServer(
                port: try FreePort.find(),
                folder: folder.path,
                options: options,
                isMember: isMember,
                oplogMegabytes: oplogMegabytes
            )
            do {
                try server.launch(program)
                if isMember {
                    try await Initiation.begin(port: server.port)
                } else {
                    try await Initiation.awaitPrimary(port: server.port)
                }
                return server
            } catch {
                server.kill()
                // Another process may have taken the port between the look and the start.
                if attempt == 3 { throw error }
            }
        }
        throw MongodError("unreachable")
    }

    private init(port: Int, folder: String, options: [String], isMember: Bool, oplogMegabytes: Int) {
        self.port = port
        self.folder = folder
        self.options = options
        self.isMember = isMember
        self.oplogMegabytes = oplogMegabytes
        holder = Mutexed(nil)
    }

    deinit { removeData() }

    /// The process id of mongod.
    public var processID: Int32? { holder.withLock { $0?.mongod } }

    /// Ends mongod at once, as the loss of its machine would.
    public func kill() {
        let old = holder.withLock { holder in
            defer { holder = nil }
            return holder
        }
        guard let old else { return }
        Foundation.kill(old.mongod, SIGKILL)
        try? old.input.fileHandleForWriting.write(contentsOf: Array("keep\n".utf8))
        try? old.input.fileHandleForWriting.close()
        old.process.waitUntilExit()
    }

    /// Starts mongod again on the same port and data, and waits until it is primary.
    public func restart() async throws {
        guard let program = Self.program else { throw MongodError("no mongod") }
        kill()
        try launch(program)
        try await Initiation.awaitPrimary(port: port)
    }

    /// Makes the first user of a server with authentication, one who may do everything.
    public func createAdministrator(_ name: String, password: String) async throws {
        try await Initiation.createUser(name, password: password, port: port)
    }

    /// Stops mongod in the middle of whatever it does; `resume` lets it go on.
    public func pause() { processID.map { _ = Foundation.kill($0, SIGSTOP) } }

    /// Lets a paused mongod go on.
    public func resume() { processID.map { _ = Foundation.kill($0, SIGCONT) } }

    private func launch(_ program: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The shell says the process id, waits for a line or the end of its input, and ends mongod by that id. Only where the line
        // says so the data outlives it. It does not `wait`, which hangs under the signal mask that it inherits.
        let script = """
            folder=$1; shift; "$@" >/dev/null 2>&1 </dev/null & pid=$!; echo $pid; read -r line
            kill -9 $pid; sleep 0.3; [ "$line" = keep ] || exec rm -rf "$folder"
            """
        process.arguments =
            ["-c", script, "sh", folder, program] + [
                "--dbpath", folder, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--quiet",
                "--logpath", folder + "/mongod.log", "--wiredTigerCacheSizeGB", "0.25", "--setParameter",
                "diagnosticDataCollectionEnabled=false",
                // Suites move their own clocks; a test of expiry by the server switches it on.
                "--setParameter", "ttlMonitorEnabled=false",
            ] + (isMember ? ["--replSet", Self.replicaSet, "--oplogSize", String(oplogMegabytes)] : []) + options
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // Another child must not keep this one alive by inheriting the pipe.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        try? input.fileHandleForReading.close()
        var text = ""
        while !text.hasSuffix("\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw MongodError("the shell that holds mongod ended at once") }
            text += String(decoding: bytes, as: UTF8.self)
        }
        guard let mongod = Int32(text.dropLast()) else { throw MongodError("no process id of mongod: \(text)") }
        let new = Holder(process: process, input: input, mongod: mongod)
        holder.withLock { $0 = new }
    }

    /// Removes the data of a server that has ended.
    public func removeData() {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The program: the one that `CUTOVER_MONGOD` names, or the one that `Scripts/fetch-mongod.sh` has fetched.
    public static let program: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["CUTOVER_MONGOD"] { return named }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let cache = environment["CUTOVER_CACHE"] ?? package.appendingPathComponent(".cache").path
        let path = cache + "/mongod/fiftyone/db/bin/mongod"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

/// Why there is no server.
public struct MongodError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
