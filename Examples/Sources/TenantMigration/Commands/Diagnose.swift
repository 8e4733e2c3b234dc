internal import ArgumentParser
internal import MigrationCore

/// `diagnose`: what is where, and what does not fit together.
struct DiagnoseCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose",
        abstract: "Every store's head of a tenant, and what does not fit together. Changes nothing."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions

    @Option(help: "The tenant; every tenant when it is left out.")
    var tenant: TenantID?

    func execute(in session: Session, output: Output) async throws -> DiagnosesReport {
        let tenants = if let tenant { [tenant] } else { try await session.tenants() }
        var diagnoses: [DiagnosisReport] = []
        for tenant in tenants { diagnoses.append(DiagnosisReport(try await session.coordinator.diagnose(tenant))) }
        return DiagnosesReport(diagnoses: diagnoses)
    }
}

/// The diagnoses of some tenants.
struct DiagnosesReport: Report {
    let diagnoses: [DiagnosisReport]

    var lines: [String] {
        diagnoses.isEmpty ? ["no tenants"] : diagnoses.flatMap(\.lines)
    }

    var status: ExitStatus { diagnoses.allSatisfy(\.problems.isEmpty) ? .done : .differences }
}

/// The diagnosis of one tenant.
struct DiagnosisReport: Encodable, Sendable {
    /// What one store says.
    struct Finding: Encodable, Sendable {
        let storeID: String
        let position: Int64?
        let digest: String?
        let epoch: Int64?
        let role: String?
        let error: String?
    }

    /// Something that does not fit.
    struct Problem: Encodable, Sendable {
        let kind: String
        let storeID: String?
        let message: String
    }

    let route: RouteReport
    let findings: [Finding]
    let problems: [Problem]

    init(_ diagnosis: Diagnosis) {
        route = RouteReport(tenant: diagnosis.tenant, diagnosis.route)
        findings = diagnosis.findings.map { finding in
            Finding(
                storeID: finding.store.text,
                position: finding.head?.position,
                digest: finding.head?.digest.description,
                epoch: finding.head?.fence.epoch.number,
                role: finding.head?.fence.role.rawValue,
                error: finding.error?.message
            )
        }
        problems = diagnosis.problems.map(Problem.init)
    }

    var lines: [String] {
        let table = Text.table(
            ["store", "events", "role", "epoch"],
            findings.map { finding in
                [
                    finding.storeID, finding.error ?? finding.position.map(Text.count) ?? "none", finding.role ?? "",
                    finding.epoch.map { "\($0)" } ?? "",
                ]
            }
        )
        let verdict = problems.isEmpty ? ["  nothing is wrong"] : problems.map { "  PROBLEM  \($0.message)" }
        return route.lines + table.map { "  \($0)" } + verdict
    }
}

extension DiagnosisReport.Problem {
    init(_ problem: Diagnosis.Problem) {
        switch problem {
        case .routeMissing:
            self.init(
                "routeMissing",
                nil,
                "The tenant has no route, and a store has events of it; start a move, or repair --route."
            )
        case .controlStoreBehind(let store):
            self.init(
                "controlStoreBehind",
                store,
                "The fence of \(store) is ahead of the route: the control store was restored from the past; use repair --route."
            )
        case .unregistered(let store):
            self.init(
                "unregistered",
                store,
                "The route names \(store), which is not registered here; name it with --store."
            )
        case .unreachable(let store):
            self.init("unreachable", store, "The store \(store) does not answer.")
        case .activeStoreEmpty(let store):
            self.init(
                "activeStoreEmpty",
                store,
                "The active store \(store) has nothing of the tenant, although another store has."
            )
        case .secondStoreOpen(let store):
            self.init(
                "secondStoreOpen",
                store,
                "The store \(store) is open beside the active one; no call reaches it under this route."
            )
        case .copyDiverged(let store, let position):
            self.init(
                "copyDiverged",
                store,
                "The copy in \(store) is no beginning of the active log at position \(position); verify and repair it."
            )
        case .eventsLeftBehind(let store, let position, let count):
            self.init(
                "eventsLeftBehind",
                store,
                "A forced cutover left \(count) events behind in \(store), after position \(position)."
            )
        case .retirementPending(let store):
            self.init(
                "retirementPending",
                store,
                "The target \(store) of an aborted migration is still to be taken out of use; keep `run` running where it can be reached."
            )
        case .stuck(let message): self.init("stuck", nil, message)
        }
    }

    private init(_ kind: String, _ store: StoreID?, _ message: String) {
        self.init(kind: kind, storeID: store?.text, message: message)
    }
}
