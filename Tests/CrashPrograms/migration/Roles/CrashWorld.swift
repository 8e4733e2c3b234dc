import BlobAdapter
import CosmosAdapter
import CutoverAzureServer
import MigrationCore
import MongoAdapter
import SQLiteAdapter

/// The stores that all processes share, opened by one of them.
struct CrashWorld: Sendable {
    static let tenants: [TenantID] = ["acme", "borealis", "cirrus"]
    static let controlFile = "control.sqlite"

    let place: CrashPlace
    let control: ControlStore
    /// The documents of the control store, to look at.
    let controlDocuments: any DocumentStore
    let stores: StoreRegistry
    private let handles: Handles

    /// What has to be closed.
    private struct Handles: Sendable {
        var files: [(name: String, database: SQLiteDatabase)] = []
        var connection: MongoConnection?
        /// The stores that have connections of their own.
        var stores: [any FencedEventStore] = []
        var documents: CosmosDocumentStore?

        func close() async {
            for file in files { await file.database.close() }
            await connection?.close()
            for store in stores { await store.close() }
            await documents?.close()
        }
    }

    /// Opens the stores of a place. With points, every change in them is a step at which this process may end.
    static func open(_ place: CrashPlace, withPoints: Bool) async throws(StoreError) -> CrashWorld {
        var opening = Opening(place: place, withPoints: withPoints)
        do throws(StoreError) {
            switch place.server {
            case nil: try await opening.openFiles()
            case .mongodb(let server): try await opening.open(on: server)
            case .azure(let blob, let cosmos): try await opening.open(blob: blob, cosmos: cosmos)
            }
            return try await opening.world()
        } catch {
            await opening.handles.close()
            throw error
        }
    }

    /// A world of which some stores may be open already.
    private struct Opening {
        let place: CrashPlace
        let withPoints: Bool
        var stores: [any FencedEventStore] = []
        var documents: (any DocumentStore)?
        var control: ControlStore?
        var handles = Handles()

        mutating func openFiles() async throws(StoreError) {
            let database = try await openFile(CrashWorld.controlFile)
            use(SQLiteDocumentStore("control", in: database), file: CrashWorld.controlFile)
            for id in ["first", "second"] as [StoreID] { try await openStore(id) }
        }

        mutating func open(on server: String) async throws(StoreError) {
            var configuration = MongoConnection.Configuration()
            configuration.feedLaneCount = 1
            configuration.serverSelectionTimeout = .seconds(5)
            configuration.socketTimeout = .seconds(10)
            let connection = try await MongoConnection.open(server, configuration: configuration)
            handles.connection = connection
            use(try await MongoDocumentStore.open("control", on: connection, database: "control"), file: nil)
            for id in ["first", "second"] as [StoreID] {
                use(try await MongoEventStore.open(id, on: connection, database: id.text), file: nil)
            }
            try await openStore("file")
        }

        /// The control store lies in Cosmos DB, and every tenant begins in the file.
        mutating func open(blob: String, cosmos: String) async throws(StoreError) {
            var documents = try CosmosConfiguration(connectionString: AzureServer.cosmos(cosmos), database: "control")
            documents.createsDatabase = true
            let control = try await CosmosDocumentStore.connect(id: "control", documents)
            handles.documents = control
            use(control, file: nil)
            try await openStore("first")
            var items = try CosmosConfiguration(connectionString: AzureServer.cosmos(cosmos), database: "events")
            items.createsDatabase = true
            let inCosmos = try await CosmosEventStore.connect(id: "cosmos", items)
            handles.stores.append(inCosmos)
            use(inCosmos, file: nil)
            let storage = AzureServer.storage(blob: blob, table: "")
            var blobs = try BlobConfiguration(connectionString: storage, container: "events")
            blobs.createsContainer = true
            let inBlobs = try await BlobEventStore.connect(id: "blobs", blobs)
            handles.stores.append(inBlobs)
            use(inBlobs, file: nil)
        }

        private mutating func openStore(_ id: StoreID) async throws(StoreError) {
            let file = "\(id).sqlite"
            use(SQLiteEventStore(id, in: try await openFile(file)), file: file)
        }

        private mutating func openFile(_ name: String) async throws(StoreError) -> SQLiteDatabase {
            var configuration = SQLiteDatabase.Configuration()
            configuration.busyTimeout = .milliseconds(800)
            configuration.readerLaneCount = 1
            let database = try await SQLiteDatabase.open(at: "\(place.folder)/\(name)", configuration: configuration)
            handles.files.append((name, database))
            return database
        }

        private mutating func use(_ store: some RepairableEventStore, file: String?) {
            stores.append(withPoints ? PointedEventStore(store: store, file: file) : store)
        }

        private mutating func use(_ store: some DocumentStore, file: String?) {
            documents = store
            control = ControlStore(withPoints ? PointedDocumentStore(store: store, file: file) : store)
        }

        func world() async throws(StoreError) -> CrashWorld {
            guard let control, let documents else { preconditionFailure("A world has a control store.") }
            try await control.prepare()
            return CrashWorld(
                place: place,
                control: control,
                controlDocuments: documents,
                stores: try StoreRegistry(stores),
                handles: handles
            )
        }
    }

    func close() async { await handles.close() }

    /// What SQLite finds wrong with its files.
    func damage() async throws(StoreError) -> [String] {
        var damage: [String] = []
        for (name, database) in handles.files {
            damage += try await database.integrityCheck().map { "\(name): \($0)" }
        }
        return damage
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
                cutoverTimeout: place.pace.timeout,
                keepsSourceWarm: keepsSourceWarm,
                purgesOnAbort: purgesOnAbort,
                adoptionInterval: .milliseconds(50),
                leaseDuration: place.pace.timeout,
                routePollInterval: .milliseconds(20),
                actor: actor
            )
        )
    }
}
