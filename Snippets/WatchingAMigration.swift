// Watching a migration: states as they change, what it is stuck on, a health endpoint, and the mirror's statistics.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteEventStore.open("old", at: "old.sqlite")
let new = try await SQLiteEventStore.open("new", at: "new.sqlite")
let stores = try StoreRegistry([old, new])
let control = ControlStore(try await SQLiteDocumentStore.open("control", at: "control.sqlite"))
try await control.prepare()
let events = try DualWriteInterceptor(TenantRouter(control: control, stores: stores, home: "old"))
let coordinator = try MigrationCoordinator(control: control, stores: stores)

/// Tells how far a migration is until its target follows every write.
func watch(_ id: MigrationID, with coordinator: MigrationCoordinator) async throws {
    for try await status in coordinator.statusUpdates(of: id, every: .milliseconds(500)) {
        var line = "\(status.state.rawValue): \(status.eventsCopied) of \(status.totalEvents)"
        line += ", \(Int(status.progressPercentage)) %, lag \(status.syncLag)"
        if let rate = status.itemsPerSecond { line += ", \(Int(rate)) events/s" }
        if let rest = status.estimatedRemaining { line += ", \(rest.components.seconds) s left" }
        if let obstacle = status.stuckOn { line += ", stuck on \(obstacle)" }
        print(line)
        if status.state == .dualWrite { return }
    }
}

let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["item": "lamp"])
_ = try await events.append([placed], to: "order-1", tenant: "acme")

try await withThrowingTaskGroup(of: Void.self) { background in
    background.addTask { try await coordinator.run() }
    background.addTask { try await events.run() }
    let id = try await coordinator.start(tenant: "acme", to: "new", reason: "ticket 4711")
    try await watch(id, with: coordinator)

    let mirror = try await events.statistics(of: id)
    print("\(mirror.mirroredEvents) mirrored, \(mirror.totalFailures) failures, \(mirror.leftToTail) left to the tail")

    let health = await coordinator.health(upTo: .seconds(1))
    print(health.document.json(.relaxed))
    guard health.status != .unhealthy else { fatalError("a store that is needed does not answer") }

    let diagnosis = try await coordinator.diagnose("acme")
    for problem in diagnosis.problems { print("\(problem)") }

    try await coordinator.cutOver(id)
    background.cancelAll()
}

for entry in try await coordinator.auditLog(of: "acme") {
    print("\(entry.at) \(entry.actor) \(entry.operation) \(entry.state?.rawValue ?? "") \(entry.reason ?? "")")
}
