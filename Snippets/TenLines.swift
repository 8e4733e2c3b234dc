// Ten lines: an application's tenant moves to another store while it is in use.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteEventStore.open("old", at: "old.sqlite")
let new = try await SQLiteEventStore.open("new", at: "new.sqlite")
let stores = try StoreRegistry([old, new])
let control = ControlStore(try await SQLiteDocumentStore.open("control", at: "control.sqlite"))
try await control.prepare()

let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["item": "lamp", "count": 2])
let shipped = NewEvent(type: "OrderShipped", occurredAt: .now(), payload: ["parcel": "4711"])

let events = try TenantRouter(control: control, stores: stores, home: "old")
_ = try await events.append([placed], to: "order-1", tenant: "acme")

let coordinator = try MigrationCoordinator(control: control, stores: stores)
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await coordinator.run() }
    let id = try await coordinator.start(tenant: "acme", to: "new")
    try await coordinator.waitUntil(.dualWrite, of: id)
    try await coordinator.cutOver(id)
    group.cancelAll()
}
_ = try await events.append([shipped], to: "order-1", expected: .exact(1), tenant: "acme")

let head = try await new.head(tenant: "acme", epoch: .maintenance)
precondition(head?.position == 2, "the tenant lives in the new store")
