// Implementing an adapter: hold a store to every promise of its protocol. The in-memory store stands where yours goes.
import InMemoryAdapter
import MigrationCore
import MigrationTesting

let options = ConformanceOptions(seed: 4711, sequences: 50)
let suite = EventStoreConformance(options: options) { InMemoryEventStore(id: "mine") }
for behaviour in suite.behaviours { try await behaviour.run() }
print("\(suite.behaviours.count) promises kept")
