import MigrationTesting
import MigrationTestingSupport
import Testing

@Suite("Behaviour")
struct BehaviourTests {
    @Test("a behaviour is shown in reports by its promise")
    func testDescription() {
        #expect(Behaviour("reads see writes") {}.testDescription == "reads see writes")
    }
}
