import Foundation
import MigrationCore
import SQLiteAdapter
import Testing

@Suite("Killed writers", .timeLimit(.minutes(10)))
struct CrashTests {
    private let folder = TemporaryFolder()

    @Test(
        "kill -9 at 20 random moments loses nothing that was acknowledged and leaves nothing twice",
        arguments: [1, 2]
    )
    func kills(processes: Int) async throws {
        var random = SeededMoments(seed: UInt64(processes) &* 0x9E37_79B9_7F4A_7C15)
        var acknowledged = Acknowledged()
        for round in 0..<(20 / processes) {
            var writers: [CrashingWriter] = []
            // Whatever ends the test, a time limit too, ends them.
            defer { for writer in writers { writer.kill() } }
            for number in 0..<processes {
                writers.append(try CrashingWriter(file: folder.file(), name: "p\(processes)r\(round)w\(number)"))
            }
            for writer in writers {
                try await Task.sleep(for: .milliseconds(random.next(below: 250)))
                writer.kill()
            }
            for writer in writers { acknowledged.add(try await writer.lines()) }
        }
        #expect(
            acknowledged.events.count > 20 && acknowledged.documents.count > 20,
            "the writers wrote next to nothing"
        )
        try await check(acknowledged)
    }

    @Test("a fence is up within the deadline while another process appends, and nothing commits after it")
    func fence() async throws {
        let writer = try CrashingWriter(file: folder.file(), name: "fenced")
        defer { writer.kill() }
        let store = try await SQLiteEventStore.open("events", at: folder.file())
        try await waiting("the writer has appended 50 events") {
            try await store.head(tenant: "acme", epoch: .maintenance)?.position ?? 0 >= 50
        }
        let epoch = Epoch(number: 2, route: Epoch.unrouted.route)
        let head = try await store.raiseFence(tenant: "acme", to: Fence(epoch: epoch, role: .closed))
        // The writer ends by itself when it is told that it is fenced.
        _ = try await writer.lines()
        #expect(try await store.head(tenant: "acme", epoch: .maintenance) == head)
        await store.close()
    }

    /// Proves from the file alone that every acknowledged write is there, once, and that the log is whole.
    private func check(_ acknowledged: Acknowledged) async throws {
        let database = try await SQLiteDatabase.open(at: folder.file())
        let events = SQLiteEventStore("events", in: database)
        let documents = SQLiteDocumentStore("documents", in: database)
        var digest = LogDigest.empty
        var position: Int64 = 0
        var positions: [EventID: Int64] = [:]
        var versions: [StreamID: Int64] = [:]
        while true {
            let page = try await events.readLog(tenant: "acme", after: position, limit: 500, epoch: .maintenance)
            if page.isEmpty { break }
            for event in page {
                position += 1
                digest = event.chainedDigest(after: digest)
                #expect(event.position == position && event.digest == digest)
                #expect(positions.updateValue(position, forKey: event.id) == nil, "an event is there twice")
                versions[event.stream, default: 0] += 1
                #expect(event.version == versions[event.stream])
            }
        }
        let head = try await events.head(tenant: "acme", epoch: .maintenance)
        #expect(head?.position == position && head?.digest == digest)
        for (id, place) in acknowledged.events {
            if positions[id] != place { Issue.record("an acknowledged event is not at its position \(place)") }
        }
        let scan = try await documents.scanAll(ScanRange("crash"), pageSize: 100)
        let numbers = Dictionary(grouping: scan.documents, by: \.key.id.text)
        for (id, number) in acknowledged.documents {
            // A later write of the same document may have been committed and not yet acknowledged.
            guard let found = numbers[id], found.count == 1, case .int64(let there)? = found[0].document["number"],
                there >= number
            else {
                Issue.record("the acknowledged document \(id) is not there with number \(number) or a later one")
                continue
            }
        }
        #expect(scan.unreadable.isEmpty)
        #expect(try await database.integrityCheck().isEmpty)
        await database.close()
    }
}

/// Waits for something that must come about within two minutes, however busy the machine is.
private func waiting(_ condition: String, until holds: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(120))
    while try await !holds() {
        try #require(ContinuousClock.now < deadline, "two minutes have passed, and still not: \(condition)")
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// What writers have said.
private struct Acknowledged {
    var events: [EventID: Int64] = [:]
    var documents: [String: Int64] = [:]

    mutating func add(_ lines: [Substring]) {
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 3 else {
                Issue.record("the writer said '\(line)'")
                continue
            }
            if words[0] == "E", let position = Int64(words[1]), let id = EventID(String(words[2])) {
                events[id] = position
            } else if words[0] == "D", let number = Int64(words[2]) {
                documents[String(words[1])] = number
            } else {
                Issue.record("the writer said '\(line)'")
            }
        }
    }
}

/// A process of the program in `Tests/CrashPrograms/sqlite-writer`.
private final class CrashingWriter: Sendable {
    private let process: Process
    private let output = OutputFile()

    init(file: String, name: String) throws {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = [file, name]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.handle
        // Not this process's own, which whoever runs the tests reads to its end: a writer that lived on would hold it open.
        process.standardError = output.errors
        try process.run()
        self.process = process
    }

    func kill() {
        // Once it has ended, its number may be another process's.
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
    }

    deinit { kill() }

    /// The whole lines that the process wrote before its end, which must come soon.
    func lines() async throws -> [Substring] {
        do {
            try await waiting("the writer has ended") { !process.isRunning }
        } catch {
            kill()
            throw error
        }
        let text = String(decoding: try output.contents(), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// In the folder that `CUTOVER_PROGRAMS` names, such as that of a release build; else beside the test bundle.
    private static var program: URL {
        let name = "cutover-crash-sqlite-writer"
        if let folder = ProcessInfo.processInfo.environment["CUTOVER_PROGRAMS"] {
            return URL(fileURLWithPath: folder).appendingPathComponent(name)
        }
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let places = bundles + [URL(fileURLWithPath: CommandLine.arguments[0])]
        let candidates = places.map { $0.deletingLastPathComponent().appendingPathComponent(name) }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? candidates[0]
    }
}

/// Where a process writes to: a file, so that reading it blocks no thread.
private struct OutputFile: Sendable {
    private let folder = TemporaryFolder()
    let handle: FileHandle
    let errors: FileHandle

    init() {
        for name in ["output", "errors"] {
            _ = FileManager.default.createFile(atPath: folder.file(name), contents: nil)
        }
        handle = FileHandle(forWritingAtPath: folder.file("output"))!
        errors = FileHandle(forWritingAtPath: folder.file("errors"))!
    }

    func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.file("output"))) }
}

/// Moments from a fixed seed (SplitMix64).
private struct SeededMoments {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((bits ^ (bits >> 31)) % UInt64(bound))
    }
}
