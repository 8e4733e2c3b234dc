extension ControlStore {
    /// The route of a tenant, read now; `nil` when it has none yet.
    func route(of tenant: TenantID) async throws(StoreError) -> Versioned<Route>? {
        let start = timeline.now
        guard let stored = try await documents.read(key(.routes, tenant.text)) else { return nil }
        let route = try Route(stored.document)
        cache.store(route, readAt: start)
        return Versioned(value: route, etag: stored.etag)
    }

    /// Inserts the route of a tenant that has none; `nil` when it has one.
    func insert(_ route: Route) async throws(StoreError) -> Versioned<Route>? {
        let start = timeline.now
        let tag = try await compareAndSwap(key(.routes, route.tenant.text), expecting: nil) {
            route.document(revision: $0)
        }
        guard let tag else { return nil }
        cache.store(route, readAt: start)
        return Versioned(value: route, etag: tag)
    }

    /// Replaces a route by compare-and-swap; `nil` when it changed meanwhile.
    func replace(_ route: Versioned<Route>, with new: Route) async throws(StoreError) -> Versioned<Route>? {
        let start = timeline.now
        let tag = try await compareAndSwap(key(.routes, new.tenant.text), expecting: route.etag) {
            new.document(revision: $0)
        }
        guard let tag else { return nil }
        cache.store(new, readAt: start)
        return Versioned(value: new, etag: tag)
    }

    /// One page of all routes, in the store's order.
    func routes(
        after continuation: Continuation?,
        pageSize: Int = 256
    ) async throws(StoreError) -> (routes: [Versioned<Route>], continuation: Continuation?) {
        let page = try await documents.scan(ScanRange(collection(.routes)), after: continuation, pageSize: pageSize)
        if let unreadable = page.unreadable.first {
            throw StoreError(.corrupt, "A route does not parse; restore or repair it.", underlying: unreadable.error)
        }
        var routes: [Versioned<Route>] = []
        for stored in page.documents { routes.append(Versioned(value: try Route(stored.document), etag: stored.etag)) }
        return (routes, page.continuation)
    }
}
