import InMemoryAdapter
import MigrationTesting
import MigrationTestingSupport
import Testing

@Suite("The in-memory stores keep every promise")
struct InMemoryConformanceTests {
    @Test(
        "document store",
        arguments: DocumentStoreConformance(options: .fromEnvironment) { clock in
            InMemoryDocumentStore(now: { clock.now })
        }.behaviours
    )
    func documents(_ behaviour: Behaviour) async throws { try await behaviour.run() }

    @Test(
        "event store",
        arguments: EventStoreConformance(options: .fromEnvironment) { InMemoryEventStore() }.behaviours
    )
    func events(_ behaviour: Behaviour) async throws { try await behaviour.run() }
}
