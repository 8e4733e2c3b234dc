// Copying a tenant's log: from one SQLite file into another, as an exact prefix, at any moment and any number of times.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteEventStore.open("old", at: "old.sqlite")
let new = try await SQLiteEventStore.open("new", at: "new.sqlite")

let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["item": "lamp", "count": 2])
_ = try await old.unrouted().append([placed], to: "order-1", tenant: "acme")

let copier = EventCopier(source: old, target: new)
try await copier.copy(tenant: "acme") { print("\($0)") }

let report = try await ConsistencyVerifier().verifyEvents(of: "acme", source: old, target: new)
print(report.isConsistent ? "the logs are equal, event by event" : "\(report)")

await old.close()
await new.close()
