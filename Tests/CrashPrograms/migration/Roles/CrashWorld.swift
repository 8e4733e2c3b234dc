import MigrationCore
import SQLiteAdapter

/// The files that all processes share, opened by one of them.
struct CrashWorld: Sendable {
    static let tenants: [TenantID] = ["acme", "borealis", "cirrus"]
    static let storeNames: [StoreID] = ["first", "second"]
    static let controlFile = "control.sqlite"

    let control: ControlStore
    let stores: StoreRegistry
    let controlDatabase: SQLiteDatabase
    let databases: [SQLiteDatabase]
    let eventStores: [SQLiteEventStore]

    /// Opens the files of a folder. With points, every change in them is a step at which this process may end.
    static func open(in folder: String, withPoints: Bool) async throws(StoreError) -> CrashWorld {
        var configuration = SQLiteDatabase.Configuration()
        configuration.busyTimeout = .milliseconds(800)
        configuration.readerLaneCount = 1
        let controlDatabase = try await SQLiteDatabase.open(
            at: "\(folder)/\(controlFile)",
            configuration: configuration
        )
        let documents = SQLiteDocumentStore("control", in: controlDatabase)
        var databases: [SQLiteDatabase] = []
        var eventStores: [SQLiteEventStore] = []
        for id in storeNames {
            let database = try await SQLiteDatabase.open(at: "\(folder)/\(id).sqlite", configuration: configuration)
            databases.append(database)
            eventStores.append(SQLiteEventStore(id, in: database))
        }
        let stores = eventStores.map { store -> any FencedEventStore in
            withPoints ? PointedEventStore(store: store, file: "\(store.id).sqlite") : store
        }
        let control = ControlStore(
            withPoints ? PointedDocumentStore(store: documents, file: controlFile) : documents
        )
        try await control.prepare()
        return CrashWorld(
            control: control,
            stores: try StoreRegistry(stores),
            controlDatabase: controlDatabase,
            databases: databases,
            eventStores: eventStores
        )
    }

    func close() async {
        for database in databases { await database.close() }
        await controlDatabase.close()
    }

    /// Short waits, so that a second holds several moves.
    func makeCoordinator(
        actor: String,
        purgesOnAbort: Bool,
        keepsSourceWarm: Bool
    ) throws(CutoverError) -> MigrationCoordinator {
        try MigrationCoordinator(
            control: control,
            stores: stores,
            configuration: MigrationCoordinator.Configuration(
                copier: EventCopier.Configuration(maximumPageEvents: 200, maximumBatchEvents: 100),
                cutoverTimeout: CrashWorld.cutoverTimeout,
                keepsSourceWarm: keepsSourceWarm,
                purgesOnAbort: purgesOnAbort,
                adoptionInterval: .milliseconds(50),
                leaseDuration: CrashWorld.leaseDuration,
                routePollInterval: .milliseconds(20),
                actor: actor
            )
        )
    }

    static let cutoverTimeout: Duration = .milliseconds(600)
    static let leaseDuration: Duration = .milliseconds(600)
}
