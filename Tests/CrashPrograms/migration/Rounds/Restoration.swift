import Foundation
import MigrationCore
import SQLiteAdapter

/// Copies of the control store, its restoration from one, and the repair that has to follow.
struct Restoration {
    private let place: CrashPlace
    private var copies = 0
    private var last: String?

    init(_ place: CrashPlace) {
        self.place = place
    }

    var hasCopy: Bool { last != nil }
    private var file: String { "\(place.folder)/\(CrashWorld.controlFile)" }

    /// Copies the control store as it is now, while it is read and written. One on a server is never copied.
    mutating func copy() async throws {
        guard FileManager.default.fileExists(atPath: file) else { return }
        let database = try await SQLiteDatabase.open(at: file)
        copies += 1
        let path = "\(place.folder)/copy-\(copies).sqlite"
        try await database.backUp(to: path)
        await database.close()
        if let last { try FileManager.default.removeItem(atPath: last) }
        last = path
    }

    /// Puts the last copy in the place of the control store. No process may have it open.
    func restore() throws {
        guard let last else { return }
        for name in [file, file + "-wal", file + "-shm"] where FileManager.default.fileExists(atPath: name) {
            try FileManager.default.removeItem(atPath: name)
        }
        try FileManager.default.copyItem(atPath: last, toPath: file)
    }

    /// Does what an operator does after that: diagnoses every tenant, and repairs the route where that says so.
    ///
    /// - Returns: how many routes were behind.
    func repair() async throws -> Int {
        let world = try await patiently { try await CrashWorld.open(place, withPoints: false) }
        let coordinator = try world.makeCoordinator(actor: "repair", purgesOnAbort: false, keepsSourceWarm: false)
        var count = 0
        for tenant in CrashWorld.tenants where try await patiently({ try await repair(tenant, with: coordinator) }) {
            count += 1
        }
        await world.close()
        return count
    }

    private func repair(_ tenant: TenantID, with coordinator: MigrationCoordinator) async throws -> Bool {
        let problems = try await coordinator.diagnose(tenant).problems
        let isBehind = problems.contains { problem in
            if case .controlStoreBehind = problem { true } else { problem == .routeMissing }
        }
        if isBehind { _ = try await coordinator.repairRoute(of: tenant, reason: CrashOperator.repairReason) }
        return isBehind
    }

    /// Tries again while a file is busy for longer than a call waits: many processes write it, on a machine that may be busy itself.
    private func patiently<Result>(_ body: () async throws -> Result) async throws -> Result {
        for _ in 1..<10 {
            do { return try await body() } catch  where isBusy(error) {}
        }
        return try await body()
    }

    private func isBusy(_ error: any Error) -> Bool {
        ((error as? CutoverError)?.underlying ?? error as? StoreError)?.code == .busy
    }
}
