internal import MigrationCore
internal import SQLiteAdapter

/// The second part: a tenant moves to a second store, back, and there again, while the application writes.
struct MovePart {
    static let tenant: TenantID = "changelogs"
    static let writerCount = 32
    /// How many appends of each phase are acknowledged before the next one begins.
    static let appendsPerPhase = 3_000

    let workspace: Workspace
    let seed: UInt64
    let generated: Bool
    private let console = Console()

    init(workspace: Workspace, seed: UInt64, generated: Bool) {
        self.workspace = workspace
        self.seed = seed
        self.generated = generated
    }

    func run(_ summary: inout Summary) async throws {
        let history = try EventHistory.read(seed: seed, generated: generated, console: console)
            .gathered(in: Self.tenant)
        summary.add("events are", history.title, "eventSource", .text(history.title))
        let live = try await LiveMove.open(in: workspace, console: console)
        let count = try await Loading(console: console).load(history, into: live.first)
        summary.add("history", "\(Format.count(count)) events", "historyEvents", .count(count))

        let diaries = try await live.run(over: history, seed: seed)
        let states = try await live.states()
        await live.close()

        report(live, &summary)
        let acknowledged = diaries.flatMap(\.acknowledged)
        let expected = states == [.rolledBack, .migrated, .migrated]
        summary.add(
            "migrations",
            states.map(\.rawValue).joined(separator: ", "),
            "migrations",
            .list(states.map(\.rawValue))
        )
        summary.require(expected, "the migrations did not end as rolled_back, migrated, migrated")
        for diary in diaries where !diary.unresolved.isEmpty {
            summary.fail("a writer gave up: \(diary.unresolved.count) events were never acknowledged")
        }
        let proof = LogProof(history: history, acknowledged: acknowledged, tenant: Self.tenant)
        try await proof.run(first: live.firstPath, second: live.secondPath, console: console, &summary)
    }

    /// What the writers felt, and whether it was enough to say something.
    private func report(_ live: LiveMove, _ summary: inout Summary) {
        let calls = live.book.calls
        let all = Latencies(calls)
        summary.add(
            "acknowledged calls",
            "\(Format.count(Int64(all.acknowledged))), of which \(Format.count(Int64(all.appends))) appends",
            "acknowledgedCalls",
            .count(Int64(all.acknowledged))
        )
        summary.add("acknowledgedAppends", .count(Int64(all.appends)))
        summary.add("errors", Format.count(Int64(all.errors)), "errors", .count(Int64(all.errors)))
        summary.require(all.acknowledged >= 20_000, "fewer than 20,000 calls were acknowledged")
        summary.require(all.errors == 0, "the writers met \(all.errors) errors")
        for problem in live.book.problems.prefix(20) { summary.fail(problem) }

        let phases = Phase.allCases.map { phase in (phase, Latencies(calls.filter { $0.phase == phase })) }
        for (phase, latencies) in phases {
            summary.require(latencies.acknowledged >= 1_000, "fewer than 1,000 calls \(phase.title)")
        }
        let kinds = Phase.Kind.allCases.map { kind in
            ("all \(kind.rawValue)", Latencies(calls.filter { $0.phase.kind == kind }))
        }
        let rows = phases.map { ($0.0.title, $0.1) } + kinds
        console.say("what \(Self.writerCount) writers felt:")
        for line in Format.table(["phase"] + Latencies.headings, rows.map { [$0.0] + $0.1.cells }) {
            console.say("  \(line)")
        }
        summary.add(
            "phases",
            .table(rows.map { title, latencies in latencies.facts.merging(["phase": .text(title)]) { a, _ in a } })
        )
        for felt in live.cutoversFelt {
            console.say("  \(felt.description)")
            summary.require(felt.inFlightAtStart > 0, "no call was in flight at the \(felt.title)")
        }
        summary.add("cutovers", .table(live.cutoversFelt.map(\.facts)))
        for (kind, latencies) in zip(Phase.Kind.allCases.map(\.rawValue), kinds.map(\.1)) {
            let text = latencies.cells.dropFirst(3).joined(separator: " / ")
            let facts = latencies.facts
            summary.add("\(kind): p50 / p99 / longest", text, "\(kind)Calls", facts["calls"] ?? .count(0))
            for (name, fact) in facts where name.hasSuffix("Milliseconds") {
                summary.add(kind + name.prefix(1).uppercased() + name.dropFirst(), fact)
            }
        }
    }
}
