internal import MigrationCore

/// What a verification of both stores at the full level found: one report for the documents, one for each tenant.
struct Verification {
    let documents: DocumentVerificationReport
    let events: [EventVerificationReport]
    /// How long it took.
    let duration: Duration

    /// Verifies everything.
    init(source: DemoStore, target: DemoStore, tenants: [TenantID], console: Console) async throws {
        let start = ContinuousClock.now
        let verifier = ConsistencyVerifier(configuration: .init(level: .full))
        console.show("verifying the documents")
        documents = try await verifier.verifyDocuments(
            in: packages,
            source: source.documents,
            target: target.documents
        )
        var events: [EventVerificationReport] = []
        for tenant in tenants {
            console.show("verifying \(tenant), \(events.count) of \(tenants.count) tenants done")
            events.append(
                try await verifier.verifyEvents(of: tenant, source: source.events, target: target.events)
            )
        }
        self.events = events
        duration = start.duration(to: .now)
    }

    /// How many records of the source were compared.
    var count: Int64 { documents.sourceDocumentCount + events.reduce(0) { $0 + $1.sourceEventCount } }

    /// Whether nothing is wrong.
    var isConsistent: Bool { documents.isConsistent && events.allSatisfy(\.isConsistent) }

    /// What is wrong, one line for each record, in order.
    var violations: [String] {
        let documents = documents.violations.map(\.debugDescription)
        let events = events.flatMap { report in report.violations.map { "\($0) in \(report.tenant)" } }
        return documents + events
    }

    /// Whether it names exactly what was damaged, each record once and nothing else, all of it on the target.
    func names(_ damage: Damage) -> Bool {
        let foundDocuments = documents.violations.compactMap { violation -> Damage.Document? in
            guard let kind = Damage.Kind(violation), let key = violation.key else { return nil }
            return Damage.Document(kind: kind, key: key)
        }
        let foundEvents = events.flatMap { report in
            report.violations.compactMap { violation -> Damage.Event? in
                guard let kind = Damage.Kind(violation), let position = violation.position else { return nil }
                return Damage.Event(kind: kind, tenant: report.tenant, position: position)
            }
        }
        let total = documents.violationCount + events.reduce(0) { $0 + $1.violationCount }
        let unknown = documents.unknownCount + events.reduce(0) { $0 + $1.unknownCount }
        return Set(foundDocuments) == damage.documents && Set(foundEvents) == damage.events && unknown == 0
            && total == Int64(damage.documents.count + damage.events.count)
    }

    /// One text for all heads of a side: equal exactly when the heads of every tenant are.
    func logDigest(_ head: (EventVerificationReport) -> LogCheckpoint) -> LogDigest {
        events.reduce(.empty) { digest, report in
            Array("\(report.tenant) \(head(report))".utf8).withUnsafeBytes { digest.chained(with: $0) }
        }
    }
}

extension Damage.Kind {
    /// The kind of damage that a violation of the target stands for; `nil` for any other violation.
    init?(_ violation: Violation) {
        guard violation.side == .target else { return nil }
        switch violation.kind {
        case .missing: self = .missing
        case .extra: self = .extra
        case .content, .digest: self = .altered
        default: return nil
        }
    }
}
