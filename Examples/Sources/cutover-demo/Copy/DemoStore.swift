internal import MigrationCore
internal import SQLiteAdapter

/// One side of the demo: an SQLite file that holds documents and events.
struct DemoStore {
    let path: String
    let documents: SQLiteDocumentStore
    let events: SQLiteEventStore
    private let database: SQLiteDatabase

    /// Creates the file and opens both stores in it.
    static func open(_ name: StoreID, at path: String) async throws -> DemoStore {
        let database = try await SQLiteDatabase.open(at: path)
        return DemoStore(
            path: path,
            documents: SQLiteDocumentStore(name, in: database),
            events: SQLiteEventStore(name, in: database),
            database: database
        )
    }

    /// Closes stores and file.
    func close() async {
        await documents.close()
        await events.close()
        await database.close()
    }

    /// The tenants of the events, in order.
    func tenants() async throws -> [TenantID] {
        var tenants: [TenantID] = []
        while true {
            let page = try await events.tenants(after: tenants.last, limit: 500)
            guard !page.isEmpty else { return tenants }
            tenants += page
        }
    }
}
