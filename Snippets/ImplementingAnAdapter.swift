// Implementing an adapter: hold a store to every promise of its protocol. The in-memory store stands where yours goes.
import InMemoryAdapter
import MigrationCore
import MigrationTesting

let options = ConformanceOptions(seed: 4711, sequences: 50)
let suite = EventStoreConformance(options: options) { InMemoryEventStore(id: "mine") }
for behaviour in suite.behaviours { try await behaviour.run() }

let timed = DocumentStoreConformance(options: options) { clock in InMemoryDocumentStore(now: { clock.now }) }
for behaviour in timed.behaviours { try await behaviour.run() }

let plan = FaultPlan.afterApply(call: 2) + .throttled(every: 5)
let rough = FaultInjectingEventStore(InMemoryEventStore(id: "rough"), failing: plan)
let unprepared = try await rough.head(tenant: "acme", epoch: .maintenance)

print("\(suite.behaviours.count + timed.behaviours.count) promises kept, \(unprepared == nil)")
