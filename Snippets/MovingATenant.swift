// Moving a tenant: stores, control store, router, coordinator; the move, a look at it, and the way back.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteEventStore.open("old", at: "old.sqlite")
let new = try await SQLiteEventStore.open("new", at: "new.sqlite")
let stores = try StoreRegistry([old, new])

let control = ControlStore(try await SQLiteDocumentStore.open("control", at: "control.sqlite"))
try await control.prepare()

let router = try TenantRouter(control: control, stores: stores, home: "old")
let events = try DualWriteInterceptor(router)

let coordinator = try MigrationCoordinator(control: control, stores: stores)

/// What the application does all day; it never learns which store answers.
func placeOrders(_ numbers: ClosedRange<Int>, in events: some EventStore) async throws {
    for number in numbers {
        let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["number": .int64(Int64(number))])
        let stream = try StreamID("order-\(number)")
        _ = try await events.append([placed], to: stream, expected: .noStream, tenant: "acme")
        let found = try await events.readStream(stream, tenant: "acme", from: .first, limit: 10)
        precondition(found.map(\.id) == [placed.id], "what was written is read back")
    }
}

try await withThrowingTaskGroup(of: Void.self) { background in
    background.addTask { try await router.run() }
    background.addTask { try await events.run() }
    background.addTask { try await coordinator.run() }

    try await placeOrders(1...100, in: events)

    let plan = try await coordinator.plan(tenant: "acme", to: "new")
    guard plan.isFeasible else { fatalError("\(plan.problems)") }

    let id = try await coordinator.start(tenant: "acme", to: "new", reason: "ticket 4711")
    try await placeOrders(101...150, in: events)
    try await coordinator.waitUntil(.dualWrite, of: id)

    async let writing: Void = placeOrders(151...250, in: events)
    try await coordinator.cutOver(id)
    try await writing

    let route = try await coordinator.route(of: "acme")
    precondition(route?.active == "new" && route?.state == nil, "the new store is active, the routing is normal")

    let report = try await coordinator.verify(id)
    print(report.isConsistent ? "the old store follows, event by event" : "\(report)")

    let back = try await coordinator.rollBack(id, reason: "ticket 4712")
    try await coordinator.waitUntil(.dualWrite, of: back)
    try await coordinator.cutOver(back)
    let first = try await coordinator.migration(id)
    precondition(first?.state == .rolledBack, "the first migration says that it was turned back")

    background.cancelAll()
}

for entry in try await coordinator.auditLog(of: "acme") {
    print("\(entry.at) \(entry.actor): \(entry.operation) \(entry.reason ?? "")")
}
