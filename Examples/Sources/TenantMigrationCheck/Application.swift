internal import MigrationCore
internal import MongoAdapter
internal import SQLiteAdapter
internal import Synchronization

/// An application that writes while operators move its tenants: in this process, whereas every command is another one.
final class Application: Sendable {
    /// What the application was told.
    struct Acknowledged: Sendable {
        var ids: [EventID] = []
        var errors: [String] = []
    }

    static let moving: TenantID = "acme"
    static let others: [TenantID] = ["globex", "initech"]
    static let historyCount = 5_000

    private let old: any FencedEventStore
    private let new: any FencedEventStore
    private let documents: any DocumentStore
    private let interceptor: DualWriteInterceptor
    private let router: TenantRouter
    private let acknowledged = Mutex(Acknowledged())

    /// What the writers were told until now.
    var told: Acknowledged { acknowledged.withLock(\.self) }

    /// Creates the stores with a history from a time without a router.
    static func open(at places: Places) async throws -> Application {
        let old = try await SQLiteEventStore.open("old", at: "\(places.folder)/old.sqlite")
        let new: any FencedEventStore
        let documents: any DocumentStore
        switch places.target {
        case .file:
            new = try await SQLiteEventStore.open("new", at: "\(places.folder)/\(places.new)")
            documents = try await SQLiteDocumentStore.open("control", at: "\(places.folder)/\(places.control)")
        case .mongodb:
            new = try await MongoEventStore.open("new", at: places.new)
            documents = try await MongoDocumentStore.open("control", at: places.control)
        }
        for (tenant, count) in [(moving, historyCount)] + others.map({ ($0, 300) }) {
            for start in stride(from: 0, to: count, by: 100) {
                let parts = try (start..<start + 100).map { number in
                    StreamAppend(try StreamID("order-\(number % 50)"), events: [event("history \(number)")])
                }
                _ = try await old.unrouted().append(parts, tenant: tenant)
            }
        }
        let control = ControlStore(documents)
        try await control.prepare()
        return try Application(old, new, documents, control, StoreRegistry([old, new]))
    }

    private init(
        _ old: any FencedEventStore,
        _ new: any FencedEventStore,
        _ documents: any DocumentStore,
        _ control: ControlStore,
        _ stores: StoreRegistry
    ) throws {
        self.old = old
        self.new = new
        self.documents = documents
        router = try TenantRouter(control: control, stores: stores, home: old.id)
        interceptor = try DualWriteInterceptor(router)
    }

    /// Writes until the task is cancelled, with a little pause between two calls of one writer.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.router.run() }
            group.addTask { try await self.interceptor.run() }
            for writer in 0..<8 { group.addTask { await self.write(as: writer) } }
            try await group.waitForAll()
        }
    }

    private func write(as writer: Int) async {
        guard let stream = try? StreamID("live-\(writer)") else { return }
        var count = 0
        while !Task.isCancelled {
            count += 1
            let event = Application.event("writer \(writer), call \(count)")
            do {
                _ = try await interceptor.append([event], to: stream, tenant: Application.moving)
                acknowledged.withLock { $0.ids.append(event.id) }
            } catch {
                if Task.isCancelled { return }
                acknowledged.withLock { $0.errors.append(String(reflecting: error)) }
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// One event for another tenant, through the router.
    func append(to tenant: TenantID) async throws {
        _ = try await router.append([Application.event("later")], to: "order-1", tenant: tenant)
    }

    private static func event(_ text: String) -> NewEvent {
        NewEvent(type: "OrderChanged", occurredAt: .now(), payload: ["what": .string(text)])
    }

    /// The ids in the log of the store that is open for the tenant, in order; closes everything.
    func close() async throws -> [EventID] {
        var ids: [EventID] = []
        var openCount = 0
        for store in [old, new] {
            guard let head = try await store.head(tenant: Application.moving, epoch: .maintenance),
                head.fence.role == .open
            else { continue }
            openCount += 1
            while true {
                let page = try await store.readLog(
                    tenant: Application.moving,
                    after: Int64(ids.count),
                    limit: 1_000,
                    epoch: .maintenance
                )
                if page.isEmpty { break }
                ids += page.map(\.id)
            }
        }
        await old.close()
        await new.close()
        await documents.close()
        return openCount == 1 ? ids : []
    }
}
