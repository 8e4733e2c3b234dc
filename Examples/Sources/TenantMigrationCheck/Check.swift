internal import ArgumentParser
internal import Foundation
internal import MigrationCore

/// `tenant-migration-check`: runs `tenant-migration` end to end, as an operator does, while an application writes.
@main
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant-migration-check",
        abstract: "Runs every operation of tenant-migration against live stores and looks at answers and exit codes."
    )

    @Option(help: "The program.")
    var program: String

    @Flag(help: "Move to the replica set whose connection string is in CUTOVER_MONGODB, with the control store on it.")
    var mongodb = false

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/cutover-check-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = URL(filePath: program).path
        var expectations = Expectations()
        let places = Places(folder: folder, target: try target())
        let program = Program(path: path, folder: folder, shared: places.arguments)
        let application = try await Application.open(at: places)
        // What is refused is refused before a store is opened, whatever it is.
        if !mongodb { try BadInput(program: program).run(&expectations) }
        expectations = try await withThrowingTaskGroup(of: Expectations?.self) { [expectations] group in
            group.addTask {
                do { try await application.run() } catch is CancellationError {}
                return nil
            }
            group.addTask {
                var expectations = expectations
                try await Moves(program: program, application: application).run(&expectations)
                return expectations
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            return expectations
        }
        try await prove(application, &expectations)
        print("\(expectations.count) expectations, of which \(expectations.failures.count) were not met")
        if !expectations.failures.isEmpty {
            try? FileManager.default.removeItem(atPath: folder)
            throw ExitCode.failure
        }
    }

    private func target() throws -> Places.Target {
        guard mongodb else { return .file }
        guard let server = ProcessInfo.processInfo.environment["CUTOVER_MONGODB"], server.contains("/?") else {
            throw ValidationError(
                "CUTOVER_MONGODB holds no mongodb://HOST/?replicaSet=NAME; run Scripts/with-mongod.sh."
            )
        }
        return .mongodb(server: server)
    }

    /// Whatever the operators did, the application has lost nothing and noticed nothing.
    private func prove(_ application: Application, _ expectations: inout Expectations) async throws {
        let told = application.told
        let log = try await application.close()
        let places = Dictionary(log.enumerated().map { ($1, $0) }) { first, _ in first }
        expectations.expect("the writers met no error", told.errors.isEmpty, told.errors.first ?? "")
        expectations.expect(
            "each of \(told.ids.count) acknowledged events is in the active store once",
            told.ids.count >= 200 && told.ids.allSatisfy { places[$0] != nil } && places.count == log.count
        )
        // An append that was cut off by the end may be stored and not acknowledged: at most one for each writer.
        let unexplained = log.count - Application.historyCount - told.ids.count
        expectations.expect("and nothing else is", (0...8).contains(unexplained), "\(unexplained) events more")
    }
}
