internal import MigrationCore
internal import SQLiteAdapter

/// The first part: load real data, copy it, verify, damage the copy, verify, repair, verify.
struct CopyPart {
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
        let source = try await DemoStore.open("source", at: workspace.file("source.sqlite"))
        let target = try await DemoStore.open("target", at: workspace.file("target.sqlite"))
        try await load(into: source, &summary)
        try await copyDocuments(from: source, to: target, &summary)
        try await copyEvents(from: source, to: target, &summary)
        let tenants = try await source.tenants()
        try await verifyCopy(source, target, tenants, &summary)
        try await damageAndRepair(source, target, tenants, &summary)
        await target.close()
        await source.close()
    }

    // MARK: Input

    private func load(into store: DemoStore, _ summary: inout Summary) async throws {
        let loading = Loading(console: console)
        let documents: Int64
        if !generated, var index = try PackageIndex() {
            summary.add("documents are", index.title, "documentSource", .text(index.title))
            console.say("documents: \(index.title)")
            documents = try await loading.load(&index, into: store.documents)
        } else {
            var packages = GeneratedPackages(count: 60_000, seed: seed)
            summary.add("documents are", packages.title, "documentSource", .text(packages.title))
            console.say(
                "documents: \(generated ? "" : "this machine has no package index, so these are ")\(packages.title)"
            )
            documents = try await loading.load(&packages, into: store.documents)
        }
        let history = try EventHistory.read(seed: seed, generated: generated, console: console)
        summary.add("events are", history.title, "eventSource", .text(history.title))
        let events = try await loading.load(history, into: store.events)
        summary.add("documents", Format.count(documents), "documents", .count(documents))
        summary.add(
            "events",
            "\(Format.count(events)) of \(history.tenants.count) tenants",
            "events",
            .count(events)
        )
        summary.add("tenants", .count(Int64(history.tenants.count)))
    }

    // MARK: Copy

    private func copyDocuments(from source: DemoStore, to target: DemoStore, _ summary: inout Summary) async throws {
        let copier = DocumentCopier(source: source.documents, target: target.documents)
        let report = try await copier.copy(packages, progress: { [console] in console.show("copying documents", $0) })
        let rate = Double(report.counts.written) / report.duration.inSeconds
        let text = "\(report), in \(Format.duration(report.duration)), \(Format.count(Int64(rate)))/s"
        console.say("copying documents: \(text)")
        summary.add("documents copied", text, "documentsCopied", .count(report.counts.written))
        summary.add("documentsPerSecond", .number(rate))
        summary.require(report.isComplete && report.counts.failed == 0, "the copy of the documents is not whole")
    }

    private func copyEvents(from source: DemoStore, to target: DemoStore, _ summary: inout Summary) async throws {
        let tenants = try await source.tenants()
        let copier = EventCopier(source: source.events, target: target.events)
        let start = ContinuousClock.now
        var copied: Int64 = 0
        for outcome in await copier.copyAll(
            tenants,
            progress: { [console] in console.show("copying \($0.subject)", $0) }
        ) {
            copied += try outcome.result.get().appended
        }
        let duration = start.duration(to: .now)
        let rate = Double(copied) / duration.inSeconds
        let text = "\(Format.count(copied)) in \(Format.duration(duration)), \(Format.count(Int64(rate)))/s"
        console.say("copying events: \(text)")
        summary.add("events copied", text, "eventsCopied", .count(copied))
        summary.add("eventsPerSecond", .number(rate))
    }

    // MARK: Verification

    private func verifyCopy(
        _ source: DemoStore,
        _ target: DemoStore,
        _ tenants: [TenantID],
        _ summary: inout Summary
    ) async throws {
        let verification = try await Verification(source: source, target: target, tenants: tenants, console: console)
        let rate = Double(verification.count) / verification.duration.inSeconds
        let text = "\(Format.count(verification.count)) records in \(Format.duration(verification.duration))"
        let verdict = verification.isConsistent ? "consistent" : "NOT consistent"
        console.say("verifying at full level: \(verdict), \(text), \(Format.count(Int64(rate)))/s")
        for violation in verification.violations { console.say("  \(violation)") }
        summary.add("verified", "\(text), \(verdict)", "verified", .count(verification.count))
        summary.add("verifiedPerSecond", .number(rate))
        summary.require(verification.isConsistent, "the copy differs from its source")
    }

    private func damageAndRepair(
        _ source: DemoStore,
        _ target: DemoStore,
        _ tenants: [TenantID],
        _ summary: inout Summary
    ) async throws {
        let damage = try Damage(target.path, tenants: try await longestLogs(3, of: tenants, in: source))
        console.say("damaged the target with plain SQL:\n\(damage.description.indented)")

        let found = try await Verification(source: source, target: target, tenants: tenants, console: console)
        console.say("the verifier names:\n\(found.violations.joined(separator: "\n").indented)")
        let isExact = found.names(damage)
        let count = Int64(damage.documents.count + damage.events.count)
        summary.add("damaged", "\(count) records", "damaged", .count(count))
        summary.add("damage found", isExact ? "exactly these" : "NOT exactly these", "damageFound", .flag(isExact))
        summary.require(isExact, "the verifier does not name exactly what was damaged")

        let repair = Repair()
        var results = [
            try await repair.repairDocuments(
                found.documents,
                source: source.documents,
                target: target.documents
            )
        ]
        for report in found.events where !report.isConsistent {
            results.append(try await repair.repairEvents(report, source: source.events, target: target.events))
        }
        let repaired = results.reduce(0) { $0 + $1.repaired }
        console.say("repaired \(repaired) records")
        summary.add("repaired", "\(repaired) records", "repaired", .count(repaired))
        summary.require(results.allSatisfy(\.isComplete) && repaired == count, "the repair left something over")

        let after = try await Verification(source: source, target: target, tenants: tenants, console: console)
        console.say("verifying again: \(after.isConsistent ? "consistent" : "NOT consistent")")
        for violation in after.violations { console.say("  \(violation)") }
        summary.require(after.isConsistent, "the repaired target differs from the source")
        addDigests(after, &summary)
    }

    private func addDigests(_ verification: Verification, _ summary: inout Summary) {
        let documents = [verification.documents.sourceDigest, verification.documents.targetDigest].map { "\($0)" }
        let events = [verification.logDigest(\.sourceHead), verification.logDigest(\.targetHead)].map { "\($0)" }
        for (what, digests) in [("document", documents), ("event", events)] {
            summary.add("\(what)s of the source", digests[0], "\(what)SourceDigest", .text(digests[0]))
            summary.add("\(what)s of the target", digests[1], "\(what)TargetDigest", .text(digests[1]))
            summary.require(digests[0] == digests[1], "the digests of the \(what)s differ")
        }
    }

    private func longestLogs(_ count: Int, of tenants: [TenantID], in store: DemoStore) async throws -> [TenantID] {
        var lengths: [(tenant: TenantID, length: Int64)] = []
        for tenant in tenants {
            let head = try await store.events.head(tenant: tenant, epoch: .maintenance)
            lengths.append((tenant, head?.position ?? 0))
        }
        return lengths.sorted { ($1.length, $0.tenant) < ($0.length, $1.tenant) }.prefix(count).map(\.tenant)
    }
}

extension String {
    /// The text with every line moved to the right.
    fileprivate var indented: String { split(separator: "\n").map { "  \($0)" }.joined(separator: "\n") }
}
