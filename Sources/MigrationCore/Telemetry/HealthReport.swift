/// Whether a process can do its part now: its control store, its event stores, and the work that it does.
///
/// Everything in it is safe to show; ``document`` is its form for a health endpoint.
public struct HealthReport: Sendable {
    /// A verdict, for the whole or a part.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// All is well.
        case healthy
        /// The application is served, and something needs an operator: a copy is stuck, or a store that is not needed now is away.
        case degraded
        /// Calls of applications fail, or would: the control store or an active store does not answer.
        case unhealthy
    }

    /// One store.
    public struct Component: Sendable {
        /// Its name: the registered id, or `control`.
        public let name: String
        /// Whether it answered.
        public let isReachable: Bool
        /// How long the answer took.
        public let latency: Duration
        /// Why it did not answer, by the code of the error; `timeout` when it was not waited for any longer.
        public let code: String?
    }

    /// One tenant that this process works on.
    public struct Work: Sendable {
        /// The tenant.
        public let tenant: TenantID
        /// Where its migration stands; `nil` for one that is kept warm only.
        public let state: MigrationState?
        /// The time since its copy last advanced here.
        public let timeSinceLastAdvance: Duration?
        /// What the work is stuck on; a full sentence.
        public let stuckOn: String?
    }

    /// The control store.
    public let control: Component
    /// Every registered store, ordered by id.
    public let stores: [Component]
    /// The tenants that this process works on, ordered by name.
    public let work: [Work]

    /// The verdict.
    public var status: Status {
        if !control.isReachable || (!stores.isEmpty && stores.allSatisfy { !$0.isReachable }) { return .unhealthy }
        let isStuck = work.contains { $0.stuckOn != nil }
        if isStuck || stores.contains(where: { !$0.isReachable }) { return .degraded }
        return .healthy
    }

    /// The report as a document, for a health endpoint.
    public var document: Document {
        [
            "status": .string(status.rawValue),
            "control": .document(control.document),
            "stores": .array(stores.map { .document($0.document) }),
            "work": .array(work.map { .document($0.document) }),
        ]
    }
}

extension HealthReport.Component {
    fileprivate var document: Document {
        var document: Document = [
            "name": .string(name), "reachable": .bool(isReachable),
            "latencyMilliseconds": .double(latency.inSeconds * 1_000),
        ]
        document.set("code", code)
        return document
    }
}

extension HealthReport.Work {
    fileprivate var document: Document {
        var document: Document = ["tenant": .string(tenant.text)]
        document.set("state", state?.rawValue)
        if let timeSinceLastAdvance {
            document["secondsSinceLastAdvance"] = .double(timeSinceLastAdvance.inSeconds)
        }
        document.set("stuckOn", stuckOn)
        return document
    }
}

extension MigrationCoordinator {
    /// Asks the control store and every store for a sign of life, and adds what this process is working on.
    ///
    /// It never throws: what does not answer is what it is there to tell. Nothing is written, and the stores are asked side by side.
    ///
    /// - Parameter patience: how long a store may take; one that takes longer counts as not reachable.
    public func health(upTo patience: Duration = .seconds(2)) async -> HealthReport {
        async let control = probe("control", patience) { [control] () async throws(StoreError) in
            _ = try await control.routes(after: nil, pageSize: 1)
        }
        let components = await withTaskGroup(of: (Int, HealthReport.Component).self) { group in
            let all = stores.all
            for (index, store) in all.enumerated() {
                group.addTask {
                    let component = await self.probe(store.id.text, patience) { () async throws(StoreError) in
                        _ = try await store.tenants(after: nil, limit: 1)
                    }
                    return (index, component)
                }
            }
            var components = [HealthReport.Component?](repeating: nil, count: all.count)
            for await (index, component) in group { components[index] = component }
            return components.compactMap(\.self)
        }
        return HealthReport(control: await control, stores: components, work: work)
    }

    private var work: [HealthReport.Work] {
        board.all.sorted { $0.key < $1.key }.map { tenant, entry in
            let state = control.cache.snapshot(of: tenant)?.route.state
            let idle = entry.lastAdvance.map { timeline.now - $0 }
            return HealthReport.Work(
                tenant: tenant,
                state: state,
                timeSinceLastAdvance: idle,
                stuckOn: obstacle(entry, idle: idle, isBehind: entry.isBehind, state: state)
            )
        }
    }

    private func probe(
        _ name: String,
        _ patience: Duration,
        _ body: @escaping @Sendable () async throws(StoreError) -> Void
    ) async -> HealthReport.Component {
        let start = timeline.now
        let code: StoreError.Code? = await withTaskGroup(of: StoreError.Code?.self) { group in
            group.addTask {
                do throws(StoreError) {
                    try await body()
                    return nil
                } catch {
                    return error.code
                }
            }
            group.addTask { [timeline] in
                do throws(StoreError) { try await timeline.sleep(for: patience) } catch { return error.code }
                return .timeout
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        return HealthReport.Component(
            name: name,
            isReachable: code == nil,
            latency: timeline.now - start,
            code: code?.description
        )
    }
}
