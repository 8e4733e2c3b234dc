internal import MigrationCore

/// A migration as `status` shows it.
struct MigrationReport: Report {
    let id: String
    let tenantID: String
    let state: String
    let sourceStoreID: String
    let targetStoreID: String
    let reverses: String?
    var progressPercentage: Double?
    var eventsCopied: Int64?
    var totalEvents: Int64?
    var syncLag: Int64?
    var stuckOn: String?
    let errorMessage: String?
    let createdAt: String
    let startedAt: String?
    let completedAt: String?
    /// What the interceptors of all processes did, as far as they have stored it.
    var mirror: MirrorReport?

    /// The counters of the interceptors.
    struct MirrorReport: Encodable, Sendable {
        let mirroredEvents: Int64
        let leftToTail: Int64
        let totalFailures: Int64
        let skipped: Int64
        let lastFailure: String?

        init(_ statistics: MirrorStatistics) {
            mirroredEvents = statistics.mirroredEvents
            leftToTail = statistics.leftToTail
            totalFailures = statistics.totalFailures
            skipped = statistics.skipped
            lastFailure = statistics.lastFailure
        }
    }

    init(_ record: MigrationRecord) {
        id = record.id.description
        tenantID = record.tenant.text
        state = record.state.rawValue
        sourceStoreID = record.source.text
        targetStoreID = record.target.text
        reverses = record.reverses?.description
        errorMessage = record.errorMessage
        createdAt = record.createdAt.description
        startedAt = record.startedAt?.description
        completedAt = record.completedAt?.description
    }

    init(_ status: MigrationStatus) {
        self.init(status.migration)
        progressPercentage = status.progressPercentage
        eventsCopied = status.eventsCopied
        totalEvents = status.totalEvents
        syncLag = status.syncLag
        stuckOn = status.stuckOn
    }

    /// Everything about a migration. A store that is not open here leaves its numbers out.
    static func make(_ record: MigrationRecord, in session: Session) async throws -> MigrationReport {
        let isReachable = [record.source, record.target].allSatisfy { (try? session.stores.store($0)) != nil }
        var report =
            isReachable
            ? MigrationReport(try await session.coordinator.status(of: record.id)) : MigrationReport(record)
        report.mirror = MirrorReport(try await session.mirrorStatistics(of: record.id))
        return report
    }

    var lines: [String] {
        let copied = eventsCopied.flatMap { copied in
            totalEvents.map { total in
                "\(Text.count(copied)) of \(Text.count(total)) (\(Text.percent(progressPercentage ?? 0)))"
            }
        }
        let mirrored = mirror.map { mirror in
            "\(Text.count(mirror.mirroredEvents)) events mirrored, \(mirror.totalFailures) failures, \(mirror.skipped) skipped, \(mirror.leftToTail) left to the tail"
        }
        return ["migration \(id)"]
            + Text.pairs([
                ("tenant", tenantID), ("state", state), ("from", sourceStoreID), ("to", targetStoreID),
                ("reverses", reverses), ("events", copied), ("lag", syncLag.map { "\(Text.count($0)) events" }),
                ("stuck on", stuckOn), ("mirror", mirrored), ("error", errorMessage), ("created", createdAt),
                ("started", startedAt), ("completed", completedAt),
            ])
    }
}

/// Migrations in a list.
struct MigrationsReport: Report {
    let migrations: [MigrationReport]

    var lines: [String] {
        guard !migrations.isEmpty else { return ["no migrations"] }
        return Text.table(
            ["migration", "state", "from", "to", "created", "completed"],
            migrations.map {
                [$0.id, $0.state, $0.sourceStoreID, $0.targetStoreID, $0.createdAt, $0.completedAt ?? ""]
            }
        )
    }
}
