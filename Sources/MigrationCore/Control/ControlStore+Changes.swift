extension ControlStore {
    /// Changes a route: reads it, asks what to change, writes the result by compare-and-swap, and asks again when it was not first.
    ///
    /// - Parameters:
    ///   - tenant: whose route.
    ///   - author: who asks for the change, and why.
    ///   - stores: the stores whose fences a route must not contradict; `nil` for a change whose author has just raised them.
    ///   - decide: the change to make of the route that was read; `nil` leaves it as it is. Called once for each attempt.
    /// - Returns: the route after it.
    /// - Throws: what `decide` throws; `unknownMigration` when the tenant has no route; `fenced` when others are always first;
    ///   `controlStoreBehind` when a store's fence is ahead of the route.
    func change(
        _ tenant: TenantID,
        by author: ChangeAuthor,
        against stores: StoreRegistry?,
        _ decide: (Route) throws(CutoverError) -> RouteChange?
    ) async throws(CutoverError) -> Versioned<Route> {
        for _ in 0..<64 {
            guard let route = try await wrapping(tenant, { () async throws(StoreError) in try await route(of: tenant) })
            else {
                throw CutoverError(
                    .unknownMigration,
                    "The tenant has no route; nothing was ever written for it.",
                    tenant: tenant
                )
            }
            guard let change = try decide(route.value) else { return route }
            // Between the two reads others may have changed the route and raised fences under the new one.
            if let stores, try await isOvertaken(route.value, in: stores, upTo: patience.duration(for: change)) {
                continue
            }
            let new = try route.value.applying(change, by: author.name, reason: author.reason, at: author.now())
            let written = try await wrapping(
                tenant,
                { () async throws(StoreError) in try await replace(route, with: new) }
            )
            if let written {
                author.onChange(Array(new.pending.dropFirst(route.value.pending.count)))
                return written
            }
        }
        throw CutoverError(
            .fenced,
            "The route changes faster than this process can follow; look at the migration and try again.",
            tenant: tenant
        )
    }

    /// Looks for fences that contradict a route.
    ///
    /// - Returns: whether the route has changed meanwhile, which explains them.
    /// - Throws: `controlStoreBehind` when nothing else explains them.
    @discardableResult
    func isOvertaken(
        _ route: Route,
        in stores: StoreRegistry,
        upTo limit: Duration? = nil
    ) async throws(CutoverError) -> Bool {
        guard let ahead = await storeAhead(of: route, in: stores, upTo: limit ?? patience.usual) else {
            return false
        }
        let newer = try await wrapping(route.tenant) { () async throws(StoreError) in
            try await newerRoute(of: route.tenant, than: route.number)
        }
        guard newer == nil else { return true }
        throw CutoverError(
            StoreError(
                .controlStoreBehind,
                "The fence of \(ahead) is ahead of the route: the control store was restored from the past. Run diagnose, then repairRoute.",
                context: .init(store: ahead, tenant: route.tenant)
            ),
            tenant: route.tenant
        )
    }

    /// Runs a call of the control store and says for which tenant it failed.
    private func wrapping<Result>(
        _ tenant: TenantID,
        _ body: () async throws(StoreError) -> Result
    ) async throws(CutoverError) -> Result {
        do throws(StoreError) { return try await body() } catch { throw CutoverError(error, tenant: tenant) }
    }
}

/// Who asks for a change of a route, and why.
struct ChangeAuthor: Sendable {
    let name: String
    var reason: String?
    let now: @Sendable () -> WallTime
    /// Told what a change that was made adds to the history.
    var onChange: @Sendable ([AuditEntry]) -> Void = { _ in }
}
