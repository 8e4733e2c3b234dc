// One SQLite file that holds documents and events.
import MigrationCore
import SQLiteAdapter

let database = try await SQLiteDatabase.open(at: "shop.sqlite")
let documents = SQLiteDocumentStore("shop-documents", in: database)
let events = SQLiteEventStore("shop-events", in: database)

let key = DocumentKey(collection: "orders", id: "order-1")
let outcome = try await documents.write(["item": "lamp", "count": 2], to: key)
let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: ["item": "lamp", "count": 2])
let result = try await events.unrouted().append([placed], to: "order-1", tenant: "acme")
print("the document's tag is \(outcome.etag?.text ?? "none"), the event's position \(result.positions.lowerBound)")

await database.close()
