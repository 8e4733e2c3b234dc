internal import Foundation
internal import MigrationCore
internal import SQLiteAdapter

/// The stores, the control store and a coordinator over them, open for one command.
struct Session: Sendable {
    let control: ControlStore
    let stores: StoreRegistry
    let coordinator: MigrationCoordinator
    /// Stores that could not be opened, with the reason; only for commands that can do without.
    let unreachable: [StoreID: Failure]
    private let events: [SQLiteEventStore]
    private let documents: SQLiteDocumentStore

    /// Whether a command can do without a store.
    enum Need {
        case everyStore
        /// What can be opened is registered; the rest is reported.
        case whatIsThere
    }

    /// Opens everything.
    ///
    /// - Parameters:
    ///   - settings: what to open.
    ///   - need: whether a store may be missing.
    ///   - configure: sets what the command's options say about the coordinator.
    static func open(
        _ settings: Settings,
        need: Need,
        configure: (inout MigrationCoordinator.Configuration) -> Void
    ) async throws -> Session {
        let documents = try await openControl(settings)
        var opened: [SQLiteEventStore] = []
        var unreachable: [StoreID: Failure] = [:]
        do {
            for location in settings.stores {
                do {
                    opened.append(try await open(location, settings))
                } catch  where need == .whatIsThere {
                    unreachable[location.id] = Failure(catching: error)
                }
            }
            let control = ControlStore(documents)
            try await control.prepare()
            let stores = try StoreRegistry(opened)
            var configuration = MigrationCoordinator.Configuration(actor: settings.actor)
            if let timeout = settings.cutoverTimeout { configuration.cutoverTimeout = timeout }
            configure(&configuration)
            let coordinator = try MigrationCoordinator(control: control, stores: stores, configuration: configuration)
            return Session(
                control: control,
                stores: stores,
                coordinator: coordinator,
                unreachable: unreachable,
                events: opened,
                documents: documents
            )
        } catch {
            for store in opened { await store.close() }
            await documents.close()
            throw error
        }
    }

    func close() async {
        for store in events { await store.close() }
        await documents.close()
    }

    private static func openControl(_ settings: Settings) async throws -> SQLiteDocumentStore {
        switch settings.control {
        case .sqlite(let path):
            try await SQLiteDocumentStore.open(
                "control",
                at: path,
                configuration: configuration(of: path, "The control store", settings)
            )
        }
    }

    private static func open(_ location: StoreLocation, _ settings: Settings) async throws -> SQLiteEventStore {
        switch location.place {
        case .sqlite(let path):
            try await SQLiteEventStore.open(
                location.id,
                at: path,
                configuration: configuration(of: path, "The store '\(location.id)'", settings)
            )
        }
    }

    /// A file that is missing is created on request only: a mistyped path must not become an empty store.
    private static func configuration(
        of path: String,
        _ what: String,
        _ settings: Settings
    ) throws -> SQLiteDatabase.Configuration {
        guard settings.createsFiles || FileManager.default.fileExists(atPath: path) else {
            throw Failure.usage("\(what) has no file \(path); correct the path, or pass --create to make a new one.")
        }
        var configuration = SQLiteDatabase.Configuration()
        configuration.access = settings.createsFiles ? .readWrite : .existing
        return configuration
    }
}
