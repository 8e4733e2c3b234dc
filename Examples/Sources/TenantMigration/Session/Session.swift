internal import Foundation
internal import MigrationCore
internal import MongoAdapter
internal import SQLiteAdapter

/// The stores, the control store and a coordinator over them, open for one command.
struct Session: Sendable {
    let control: ControlStore
    let stores: StoreRegistry
    let coordinator: MigrationCoordinator
    /// Stores that could not be opened, with the reason; only for commands that can do without.
    let unreachable: [StoreID: Failure]
    private let opened: Opened

    /// What has to be closed, in the order in which it was opened.
    private struct Opened {
        var documents: (any DocumentStore)?
        var events: [any FencedEventStore] = []
        var connections: [MongoConnection] = []

        func close() async {
            for store in events { await store.close() }
            await documents?.close()
            for connection in connections { await connection.close() }
        }
    }

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
        var opened = Opened()
        var unreachable: [StoreID: Failure] = [:]
        do {
            let documents = try await openControl(settings, &opened)
            for location in settings.stores {
                do {
                    try await open(location, settings, &opened)
                } catch  where need == .whatIsThere {
                    unreachable[location.id] = Failure(catching: error)
                }
            }
            let control = ControlStore(documents)
            try await control.prepare()
            let stores = try StoreRegistry(opened.events)
            var configuration = MigrationCoordinator.Configuration(actor: settings.actor)
            if let timeout = settings.cutoverTimeout { configuration.cutoverTimeout = timeout }
            configure(&configuration)
            let coordinator = try MigrationCoordinator(control: control, stores: stores, configuration: configuration)
            return Session(
                control: control,
                stores: stores,
                coordinator: coordinator,
                unreachable: unreachable,
                opened: opened
            )
        } catch {
            await opened.close()
            throw error
        }
    }

    func close() async { await opened.close() }

    private static func openControl(_ settings: Settings, _ opened: inout Opened) async throws -> any DocumentStore {
        let store: any DocumentStore
        switch settings.control {
        case .sqlite(let path):
            store = try await SQLiteDocumentStore.open(
                "control",
                at: path,
                configuration: configuration(of: path, "The control store", settings)
            )
        case .mongo(let place):
            let connection = try await MongoConnection.open(place.uri)
            opened.connections.append(connection)
            store = try await MongoDocumentStore.open("control", on: connection, database: place.database)
        }
        opened.documents = store
        return store
    }

    private static func open(_ location: StoreLocation, _ settings: Settings, _ opened: inout Opened) async throws {
        switch location.place {
        case .sqlite(let path):
            opened.events.append(
                try await SQLiteEventStore.open(
                    location.id,
                    at: path,
                    configuration: configuration(of: path, "The store '\(location.id)'", settings)
                )
            )
        case .mongo(let place):
            let connection = try await MongoConnection.open(place.uri)
            opened.connections.append(connection)
            opened.events.append(
                try await MongoEventStore.open(location.id, on: connection, database: place.database)
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
