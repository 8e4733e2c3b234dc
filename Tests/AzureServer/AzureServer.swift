import Foundation
public import Testing

/// The Azure emulator of the tests: a process that listens on free ports of this machine.
///
/// It lives at most as long as the process that started it: it ends when its standard input closes, which the end of that process
/// does, however it came.
public final class AzureServer: Sendable {
    /// Where its services listen, by name, such as `http://127.0.0.1:41002/devstoreaccount1` for `blob`.
    public let endpoints: [String: String]
    private let input: FileHandle

    /// The connection string of its storage account, whose key is public.
    public var storage: String { Self.storage(blob: endpoints["blob"] ?? "", table: endpoints["table"] ?? "") }

    /// The connection string of its Cosmos account, whose key is public.
    public var cosmos: String { Self.cosmos(endpoints["cosmos"] ?? "") }

    /// The connection string of the storage account of a server that another process has started.
    public static func storage(blob: String, table: String) -> String {
        let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
        return "AccountName=devstoreaccount1;AccountKey=\(key);BlobEndpoint=\(blob);"
            + "TableEndpoint=\(table)"
    }

    /// The connection string of the Cosmos account of a server that another process has started.
    public static func cosmos(_ endpoint: String) -> String {
        let key = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
        return "AccountEndpoint=\(endpoint);AccountKey=\(key);"
    }

    /// Starts a server and waits until it listens.
    public static func start() throws -> AzureServer {
        guard let program else { throw AzureServerError("no emulator: run Scripts/emulator.sh") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--end-with-stdin"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // Another child must not keep this one alive by inheriting the pipe.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        try? input.fileHandleForReading.close()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw AzureServerError("the emulator ended at once") }
            line += bytes
        }
        guard let ready = try JSONSerialization.jsonObject(with: line) as? [String: Any],
            let endpoints = ready["http"] as? [String: String]
        else { throw AzureServerError("the emulator does not say where it listens") }
        return AzureServer(endpoints: endpoints, input: input.fileHandleForWriting)
    }

    private init(endpoints: [String: String], input: FileHandle) {
        self.endpoints = endpoints
        self.input = input
    }

    deinit { try? input.close() }

    /// The program: the one that `CUTOVER_EMULATOR` names, or the one that `Scripts/emulator.sh` has built.
    public static let program: String? = {
        if let named = ProcessInfo.processInfo.environment["CUTOVER_EMULATOR"] { return named }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = package.appendingPathComponent(".build-emulator/release/azure-emulator").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    /// The server of the running test.
    @TaskLocal public static var shared: AzureServer?

    /// A name of letters and digits that no other test has: for a container, or in front of tables.
    public static func freshName() -> String {
        "t" + UUID().uuidString.replacing("-", with: "").lowercased().prefix(20)
    }
}

/// Why there is no server.
public struct AzureServerError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Starts the server that all suites of the process share, and lends it to the tests of a suite.
public struct AzureServerTrait: SuiteTrait, TestTrait, TestScoping {
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try await SharedServer.instance.server()
        try await AzureServer.$shared.withValue(server) { try await function() }
    }
}

extension Trait where Self == AzureServerTrait {
    /// The suite runs against the emulator that all suites of the process share, `AzureServer.shared`.
    public static var azureEmulator: AzureServerTrait { AzureServerTrait() }
}

extension Trait where Self == ConditionTrait {
    /// Skips a suite where there is no emulator, unless `CUTOVER_REQUIRE_SERVERS` is 1.
    public static var needsAzureEmulator: ConditionTrait {
        .enabled(
            if: AzureServer.program != nil || ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1",
            "There is no Azure emulator; run Scripts/emulator.sh, or name one in CUTOVER_EMULATOR."
        )
    }
}

/// One start for all who ask.
private actor SharedServer {
    static let instance = SharedServer()
    private var started: Result<AzureServer, any Error>?

    func server() throws -> AzureServer {
        let result = started ?? Result { try AzureServer.start() }
        started = result
        return try result.get()
    }
}
