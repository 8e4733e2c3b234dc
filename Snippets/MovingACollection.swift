// Moving a collection that rests: plan with a dry run, copy under a job's name, and keep what could not be copied.
import MigrationCore
import SQLiteAdapter

let old = try await SQLiteDocumentStore.open("shop-old", at: "old.sqlite")
let new = try await SQLiteDocumentStore.open("shop-new", at: "new.sqlite")
let control = try await SQLiteDocumentStore.open("control", at: "control.sqlite")

// Something to move.
try await old.ensureCollection(CollectionDefinition("orders", partitionPaths: ["customer"]))
for number in 1...100 {
    let acme = PartitionKey(.string("acme"))
    let key = DocumentKey(collection: "orders", partition: acme, id: DocumentID("order-\(number)"))
    _ = try await old.write(["customer": "acme", "total": .int64(Int64(number))], to: key)
}

// What would happen?
var dryRun = DocumentCopier.Configuration()
dryRun.isDryRun = true
let forecast = try await DocumentCopier(source: old, target: new, configuration: dryRun).copy("orders")
print("forecast: \(forecast)")

// Copy; run the same lines again after a crash, and they go on where it stopped.
let copier = DocumentCopier(source: old, target: new, checkpoints: CheckpointStore(control))
let report = try await copier.copy("orders", job: "move-orders") { failure throws(StoreError) in
    let letter: Document = [
        "code": .string("\(failure.error.code)"), "message": .string(failure.error.message),
        "bytes": .binary(Binary(bytes: failure.bytes ?? [])),
    ]
    let key = DocumentKey(collection: "orders-dead-letters", id: failure.key?.id ?? "unreadable")
    _ = try await control.write(letter, to: key)
}
print("copy: \(report)")
guard report.isComplete, report.counts.failed == 0 else { fatalError("look at the dead letters") }

let verification = try await ConsistencyVerifier().verifyDocuments(in: "orders", source: old, target: new)
print("verification: \(verification)")
guard verification.isConsistent else { fatalError("the target differs") }

await old.close()
await new.close()
await control.close()
