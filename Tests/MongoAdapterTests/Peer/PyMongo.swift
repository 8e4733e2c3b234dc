import Foundation
import MigrationCore
import Testing

/// PyMongo in a process of its own: another program, from another hand, on the same collection.
enum PyMongo {
    enum Job: String {
        /// Every document is there as the adapter's documentation says.
        case check
        /// Inserts every document.
        case write
    }

    /// The interpreter: the one that `CUTOVER_PYMONGO` names, or the one that `Scripts/fetch-pymongo.sh` has made.
    static let interpreter: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["CUTOVER_PYMONGO"] { return named }
        let cache = environment["CUTOVER_CACHE"] ?? package.appendingPathComponent(".cache").path
        let path = cache + "/pymongo/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let package = folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Does a job and returns what the program printed, and whether it was content.
    static func run(
        _ job: Job,
        uri: String,
        database: String,
        collection: String,
        samples: [(id: String, document: Document)]
    ) async throws -> (isContent: Bool, output: String) {
        let interpreter = try #require(interpreter, "no PyMongo: run Scripts/fetch-pymongo.sh")
        let work = FileManager.default.temporaryDirectory.appendingPathComponent("cutover-peer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: work) }
        let input = work.appendingPathComponent("samples")
        let output = work.appendingPathComponent("output")
        let lines = samples.map { "\($0.id)\t\(Hex.text($0.document.bson))\n" }
        try Data(lines.joined().utf8).write(to: input)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = [
            folder.appendingPathComponent("peer.py").path, job.rawValue, uri, database, collection, input.path,
        ]
        let handle = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try handle.close()
        return (status == 0, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where there is no PyMongo, unless `CUTOVER_REQUIRE_SERVERS` is 1.
    static var needsPyMongo: ConditionTrait {
        .enabled(
            if: PyMongo.interpreter != nil || ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1",
            "There is no PyMongo; run Scripts/fetch-pymongo.sh, or name an interpreter in CUTOVER_PYMONGO."
        )
    }
}
