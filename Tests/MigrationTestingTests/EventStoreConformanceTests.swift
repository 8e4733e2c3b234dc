import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@Suite("EventStoreConformance")
struct EventStoreConformanceTests {
    static func suite(_ sabotage: EventSabotage = .none) -> EventStoreConformance {
        EventStoreConformance(options: .fromEnvironment, reopen: { SmallEventStore(reopening: $0 as! SmallEventStore) })
        {
            SmallEventStore(sabotage)
        }
    }

    @Test("an honest store keeps every promise", arguments: suite().behaviours)
    func honest(_ behaviour: Behaviour) async throws { try await behaviour.run() }

    @Test("behaviours have names of their own")
    func names() {
        let names = Self.suite().behaviours.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
