import InMemoryAdapter
import MigrationCore
import MigrationTesting
import MigrationTestingSupport
import Testing

@Suite("DocumentStoreConformance")
struct DocumentStoreConformanceTests {
    static func suite(_ sabotage: DocumentSabotage = .none) -> DocumentStoreConformance {
        DocumentStoreConformance(options: .fromEnvironment) { clock in SabotagedDocumentStore(sabotage, clock: clock) }
    }

    @Test("an honest store keeps every promise", arguments: suite().behaviours)
    func honest(_ behaviour: Behaviour) async throws { try await behaviour.run() }

    @Test("behaviours have names of their own")
    func names() {
        let names = Self.suite().behaviours.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
