// Choosing a cutover: how long it may take, what to do when it was not decided, and what force leaves behind.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteEventStore.open("old", at: "old.sqlite")
let new = try await SQLiteEventStore.open("new", at: "new.sqlite")
let stores = try StoreRegistry([old, new])
let control = ControlStore(try await SQLiteDocumentStore.open("control", at: "control.sqlite"))
try await control.prepare()

var patience = TenantRouter.Configuration()
patience.maximumParkTime = .seconds(10)
let events = try TenantRouter(control: control, stores: stores, home: "old", configuration: patience)

var careful = MigrationCoordinator.Configuration()
careful.cutoverTimeout = .seconds(2)
careful.maximumDrainEvents = 500
careful.keepsSourceWarm = true
let coordinator = try MigrationCoordinator(control: control, stores: stores, configuration: careful)

/// Cuts over, and tries again while that makes sense.
func cutOver(_ id: MigrationID, attempts: Int, with coordinator: MigrationCoordinator) async throws {
    for attempt in 1...attempts {
        do {
            return try await coordinator.cutOver(id, reason: "attempt \(attempt)")
        } catch {
            switch error.code {
            case .timeout, .lag, .store:
                // The tenant is where it was. A quieter moment, more time, or a healthy target will do.
                guard attempt < attempts else { throw error }
                try await Task.sleep(for: .seconds(attempt))
            case .fenced:
                // Another process decided first: it may have done what was asked for here.
                guard try await coordinator.migration(id)?.state != .migrated else { return }
                throw error
            default: throw error
            }
        }
    }
}

let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["item": "lamp"])
_ = try await events.append([placed], to: "order-1", tenant: "acme")

try await withThrowingTaskGroup(of: Void.self) { background in
    background.addTask { try await coordinator.run() }
    let id = try await coordinator.start(tenant: "acme", to: "new")
    try await coordinator.waitUntil(.dualWrite, of: id)
    try await cutOver(id, attempts: 3, with: coordinator)
    try await coordinator.dropWarmCopy(of: "acme", reason: "the stabilisation window is over")
    background.cancelAll()
}
print("\(try await coordinator.route(of: "acme")?.active ?? "nowhere") is active")
