/// Makes a store a follower for a tenant without ever taking it from an application that writes to it.
struct FollowerPreparation: Sendable {
    let target: any FencedEventStore
    let random: RandomSource

    /// What to do about the head that the target has.
    enum Decision: Hashable {
        /// The target is prepared; write under this epoch.
        case adopt(Epoch)
        /// Prepare it with this fence.
        case prepare(Fence)
        /// Refuse with this code.
        case refuse(StoreError.Code, Fence)
    }

    /// Decides without touching the store.
    ///
    /// - Parameters:
    ///   - fence: the target's fence; `nil` when it does not know the tenant.
    ///   - epoch: the epoch that the caller asks for, if any.
    ///   - first: the epoch to begin with when nobody names one.
    static func decide(fence: Fence?, asked epoch: Epoch?, first: Epoch) -> Decision {
        guard let fence else { return .prepare(Fence(epoch: epoch ?? first, role: .follower)) }
        switch fence.role {
        case .open where !Mutant.activeStoreIsCopiedInto.isOn: return .refuse(.storeIsActive, fence)
        case .closed where epoch == nil: return .refuse(.fenced, fence)
        case .follower where epoch == nil || epoch == fence.epoch: return .adopt(fence.epoch)
        case .open, .closed, .follower: return .prepare(Fence(epoch: epoch ?? first, role: .follower))
        }
    }

    /// The epoch under which the target takes offers.
    func prepare(_ tenant: TenantID, epoch: Epoch?) async throws(StoreError) -> Epoch {
        guard epoch != .maintenance else {
            throw StoreError(.invalidArgument, "The maintenance epoch reads only; copy under the epoch of the route.")
        }
        let first = Epoch(number: 1, route: RouteID(from: random))
        var attempts = 0
        while true {
            attempts += 1
            let fence = try await target.head(tenant: tenant, epoch: .maintenance)?.fence
            switch Self.decide(fence: fence, asked: epoch, first: first) {
            case .adopt(let epoch): return epoch
            case .refuse(let code, let fence): throw fence.error(code, tenant: tenant, store: target.id)
            case .prepare(let fence):
                do throws(StoreError) {
                    try await target.prepare(tenant: tenant, fence: fence)
                    return fence.epoch
                } catch {
                    // Without an epoch of its own, this copier adopts that of one that was a moment earlier.
                    guard epoch == nil, error.code.category == .routing, attempts < 3 else { throw error }
                }
            }
        }
    }
}
