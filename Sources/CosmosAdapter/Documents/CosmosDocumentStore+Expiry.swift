internal import MigrationCore

extension CosmosDocumentStore {
    /// When what a write stores vanishes; nil if it does not.
    func expiry(of write: DocumentWrite, in container: CosmosContainer) throws(StoreError) -> WallTime? {
        switch write.lifetime {
        case .forever: return nil
        case .until(let time): return time
        case .collectionDefault:
            guard let seconds = container.defaultSeconds, seconds > 0 else { return nil }
            return environment.wallClock().advanced(by: .seconds(seconds))
        }
    }

    /// The `ttl` of an item: whole seconds, never shorter than its life, which the adapter itself ends at the millisecond.
    func timeToLive(_ expiresAt: WallTime?, in container: CosmosContainer) -> Int? {
        guard container.defaultSeconds != nil else { return nil }
        guard let expiresAt else { return configuration.keepsLifetimes ? -1 : nil }
        let left = environment.wallClock().duration(to: expiresAt)
        return max(1, min(Int(Int32.max), Int(left.components.seconds) + 2))
    }
}
