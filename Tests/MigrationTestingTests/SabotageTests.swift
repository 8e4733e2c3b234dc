import MigrationTesting
import Testing

@Suite("Sabotaged stores", .serialized)
struct SabotageTests {
    @Test(
        "a document store that breaks one promise fails exactly the behaviours that name it",
        arguments: DocumentSabotage.allCases
    )
    func documents(_ sabotage: DocumentSabotage) async throws {
        let suite = DocumentStoreConformance(options: SabotageRun.options(hangs: sabotage.hangs)) { clock in
            SabotagedDocumentStore(sabotage, clock: clock)
        }
        try await expectExactly(sabotage.brokenPromises, in: suite.behaviours)
    }

    @Test(
        "an event store that breaks one promise fails exactly the behaviours that name it",
        arguments: EventSabotage.allCases
    )
    func events(_ sabotage: EventSabotage) async throws {
        let suite = EventStoreConformance(options: SabotageRun.options(hangs: sabotage.hangs)) {
            SmallEventStore(sabotage)
        }
        try await expectExactly(sabotage.brokenPromises, in: suite.behaviours)
    }

    @Test("a failure says what was promised, what was seen, from which seed and after which calls")
    func failures() async throws {
        let suite = EventStoreConformance(options: ConformanceOptions(seed: 7, sequences: 60)) {
            SmallEventStore(.appendIgnoresFence)
        }
        let generated = try #require(suite.behaviours.first { $0.name.hasPrefix("generated") })
        let error = await #expect(throws: ConformanceFailure.self) { try await generated.run() }
        let failure = try #require(error)
        #expect(failure.seed == 7)
        #expect(failure.behaviour == generated.name)
        // The number of the sequence, a prepare, a raise, and the append that should have been refused.
        #expect((3...5).contains(failure.history.count), "\(failure)")
        #expect(failure.history.last?.hasPrefix("append") == true, "\(failure)")
        #expect(failure.expectation.contains("refused(fenced)"), "\(failure)")
        #expect(failure.description.contains("seed 7"))
    }

    private func expectExactly(_ promises: BrokenPromises, in behaviours: [Behaviour]) async throws {
        let broken = try await SabotageRun.brokenPromises(of: behaviours)
        let names = Set(broken.keys)
        let missed = promises.always.subtracting(names)
        #expect(missed.isEmpty, "not noticed")
        for name in names.subtracting(promises.always).subtracting(promises.sometimes) {
            Issue.record("\(broken[name].map { "\($0)" } ?? name)")
        }
        #expect(promises.always.isSubset(of: behaviours.map(\.name)), "every promise is a behaviour")
    }
}
