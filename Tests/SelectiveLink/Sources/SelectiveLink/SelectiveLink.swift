import MigrationCore
import SQLiteAdapter

/// Uses a little of both products, so that the linker has to bring what they need.
@main
struct SelectiveLink {
    static func main() async throws {
        guard let path = CommandLine.arguments.dropFirst().first else { fatalError("usage: SelectiveLink FILE") }
        let database = try await SQLiteDatabase.open(at: path)
        let documents = SQLiteDocumentStore("documents", in: database)
        let events = SQLiteEventStore("events", in: database)

        let key = DocumentKey(collection: "orders", id: "order-1")
        let order: Document = ["item": "lamp", "count": 2]
        let outcome = try await documents.write(order, to: key)
        guard outcome.isApplied, try await documents.read(key)?.document == order else {
            fatalError("the document that was written is not the one that was read")
        }

        let placed = NewEvent(type: "OrderPlaced", occurredAt: .now(), payload: order)
        let result = try await events.unrouted().append([placed], to: "order-1", tenant: "acme")
        guard try await events.unrouted().head(tenant: "acme")?.checkpoint == result.checkpoint else {
            fatalError("the log does not end where the append said")
        }

        await database.close()
        print("one document and one event, written and read")
    }
}
