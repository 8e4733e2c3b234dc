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
        let world = try await CrashWorld.open(place, withPoints: false)
        let coordinator = try world.makeCoordinator(actor: "repair", purgesOnAbort: false, keepsSourceWarm: false)
        var count = 0
        for tenant in CrashWorld.tenants {
            let problems = try await coordinator.diagnose(tenant).problems
            let isBehind = problems.contains { problem in
                if case .controlStoreBehind = problem { true } else { problem == .routeMissing }
            }
            guard isBehind else { continue }
            _ = try await coordinator.repairRoute(of: tenant, reason: CrashOperator.repairReason)
            count += 1
        }
        await world.close()
        return count
    }
}
