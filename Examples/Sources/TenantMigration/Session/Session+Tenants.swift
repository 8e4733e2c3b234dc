internal import MigrationCore

extension Session {
    /// Every tenant that a store knows, in order.
    func tenants() async throws -> [TenantID] {
        var tenants: Set<TenantID> = []
        for store in stores.all {
            var last: TenantID?
            while true {
                let page = try await store.tenants(after: last, limit: 500)
                tenants.formUnion(page)
                guard let end = page.last else { break }
                last = end
            }
        }
        return tenants.sorted()
    }

    /// What the interceptors of all processes have stored of a migration.
    func mirrorStatistics(of migration: MigrationID) async throws -> MirrorStatistics {
        guard let home = stores.all.first?.id else { return MirrorStatistics() }
        let router = try TenantRouter(control: control, stores: stores, home: home)
        return try await DualWriteInterceptor(router).statistics(of: migration)
    }
}
