import MigrationCore
import SQLiteAdapter

#if canImport(Glibc)
@preconcurrency import Glibc
#else
import Darwin
#endif

/// Writes to an SQLite file until it is killed or fenced, and says on standard output what was acknowledged, a line each:
/// `E <position> <event id>` for an event, `D <id> <number>` for a document.
///
/// Usage: cutover-crash-sqlite-writer FILE NAME
@main
struct CrashingWriter {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("usage: \(arguments[0]) FILE NAME")
            exit(64)
        }
        // Whoever should kill it may be gone: no writer outlives its test by much.
        alarm(300)
        let name = arguments[2]
        var configuration = SQLiteDatabase.Configuration()
        configuration.busyTimeout = .seconds(30)
        let database = try await SQLiteDatabase.open(at: arguments[1], configuration: configuration)
        let writer = CrashingWriter(name: name, database: database)
        try await writer.events.prepare(tenant: "acme", fence: Fence(epoch: .unrouted, role: .open))
        await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 { group.addTask { try await writer.append(forever: number) } }
            for number in 0..<4 { group.addTask { try await writer.write(forever: number) } }
            // The first error ends the program: `waitForAll()` would wait for those who write on.
            do {
                try await group.next()
            } catch {
                write("the writer ends: \(error)\n", to: 2)
                exit(75)
            }
        }
    }

    let name: String
    let events: SQLiteEventStore
    let documents: SQLiteDocumentStore

    init(name: String, database: SQLiteDatabase) {
        self.name = name
        events = SQLiteEventStore("events", in: database)
        documents = SQLiteDocumentStore("documents", in: database)
    }

    private func append(forever writer: Int) async throws {
        let stream = try StreamID("\(name)-\(writer)")
        for number in 0... {
            let batch = (0...(number % 3)).map { index in
                NewEvent(
                    type: "Written",
                    occurredAt: WallTime(millisecondsSinceEpoch: Int64(number)),
                    payload: ["number": .int64(Int64(number)), "index": .int64(Int64(index))]
                )
            }
            let result = try await events.append(
                [StreamAppend(stream, events: batch)],
                tenant: "acme",
                epoch: .unrouted
            )
            acknowledge(zip(result.positions, batch).map { "E \($0) \($1.id)" })
        }
    }

    private func write(forever writer: Int) async throws {
        for number in 0... {
            if writer.isMultiple(of: 2) {
                let id = "\(name)-\(writer)-\(number % 5)"
                let key = DocumentKey(collection: "crash", id: DocumentID(id))
                _ = try await documents.write(["number": .int64(Int64(number))], to: key)
                acknowledge(["D \(id) \(number)"])
            } else {
                let ids = (0..<20).map { "\(name)-\(writer)-b\($0)" }
                let outcomes = try await documents.writeBatch(
                    ids.map {
                        .put(
                            ["number": .int64(Int64(number))],
                            to: DocumentKey(collection: "crash", id: DocumentID($0))
                        )
                    }
                )
                precondition(outcomes.allSatisfy(\.isApplied), "A write of a batch was not applied.")
                acknowledge(ids.map { "D \($0) \(number)" })
            }
        }
    }

    /// Says it in one system call per line, so that nothing that was acknowledged is kept back in a buffer.
    private func acknowledge(_ lines: [String]) {
        for line in lines { Self.write(line + "\n", to: 1) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
    }
}

#if canImport(Glibc)
private let systemWrite = Glibc.write
#else
private let systemWrite = Darwin.write
#endif
