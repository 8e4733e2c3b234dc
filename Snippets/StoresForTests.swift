// The in-memory stores in a test of an application: empty, filled, and looked into.
import InMemoryAdapter
import MigrationCore

let documents = InMemoryDocumentStore()
let events = InMemoryEventStore().unrouted()

try documents.seed(["name": "Ada"], at: DocumentKey(collection: "people", id: "ada"))
let people = documents.documents(in: "people")
let everything = documents.snapshot()

let joined = NewEvent(type: "Joined", occurredAt: .now(), payload: ["name": "Ada"])
_ = try await events.append([joined], to: "person-ada", tenant: "acme")
guard people.count == 1, everything.count == 1, try await events.contains(joined.id, tenant: "acme") else {
    fatalError("The stores do not hold what was put into them.")
}
