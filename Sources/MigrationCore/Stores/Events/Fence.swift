/// A store's promise for one tenant: no call that carries a smaller epoch can ever commit.
///
/// A fence only grows. It lies in the same atomic step as the tenant's head, so it costs nothing extra.
public struct Fence: Sendable, Hashable {
    /// What the store is for the tenant.
    public enum Role: String, Sendable, Hashable {
        /// The active store: it takes appends of the application.
        case open
        /// A copy: it takes offers of events that the active store has acknowledged, and nothing else.
        case follower
        /// No longer active: it takes nothing.
        case closed
    }

    /// Smaller epochs are refused.
    public var epoch: Epoch
    /// What the store is for the tenant.
    public var role: Role
    /// The store to ask instead, when the fence knows it.
    public var successor: StoreID?

    /// Makes a fence.
    public init(epoch: Epoch, role: Role, successor: StoreID? = nil) {
        self.epoch = epoch
        self.role = role
        self.successor = successor
    }
}

/// What a fence says to a call. Adapters ask it inside the atomic step that applies the call, so that all stores decide alike.
public enum FenceVerdict: Sendable, Hashable {
    /// The call may go on; the fence stays.
    case admitted
    /// The call may go on and writes this fence together with its effect.
    case admittedRaising(Fence)
    /// The call is refused with this code: `fenced`, `epochConflict`, `storeIsActive` or `invalidArgument`.
    case refused(StoreError.Code)
}

extension Fence {
    /// May the application append under this epoch? A higher epoch raises the fence and opens the store.
    public func admitsAppend(_ epoch: Epoch) -> FenceVerdict {
        if Mutant.fenceNotChecked.isOn { return .admitted }
        if Mutant.equalEpochRaisesTheFence.isOn, epoch == self.epoch {
            return .admittedRaising(Fence(epoch: epoch, role: .open))
        }
        guard epoch != .maintenance else { return .refused(.invalidArgument) }
        if epoch.number > self.epoch.number { return .admittedRaising(Fence(epoch: epoch, role: .open)) }
        if let code = refusal(notAbove: epoch) { return .refused(code) }
        return role == .open ? .admitted : .refused(.fenced)
    }

    /// May a copier or mirror offer events under this epoch? A higher epoch raises the fence; the store must be a follower.
    public func admitsOffer(_ epoch: Epoch) -> FenceVerdict {
        guard epoch != .maintenance else { return .refused(.invalidArgument) }
        if epoch.number <= self.epoch.number, let code = refusal(notAbove: epoch) { return .refused(code) }
        switch role {
        case .open: return .refused(.storeIsActive)
        case .closed: return .refused(.fenced)
        case .follower:
            guard epoch.number > self.epoch.number else { return .admitted }
            return .admittedRaising(Fence(epoch: epoch, role: .follower, successor: successor))
        }
    }

    /// May a reader under this epoch read? The maintenance epoch always may.
    public func admitsRead(_ epoch: Epoch) -> FenceVerdict {
        if epoch == .maintenance || epoch.number > self.epoch.number { return .admitted }
        if let code = refusal(notAbove: epoch) { return .refused(code) }
        return role == .open ? .admitted : .refused(.fenced)
    }

    /// May the log be rewritten or purged under this epoch? The store must not be the active one.
    public func admitsRepair(_ epoch: Epoch) -> FenceVerdict {
        guard epoch != .maintenance else { return .refused(.invalidArgument) }
        if epoch.number <= self.epoch.number, let code = refusal(notAbove: epoch) { return .refused(code) }
        guard role != .open || Mutant.activeStoreIsRepaired.isOn else { return .refused(.storeIsActive) }
        guard epoch.number > self.epoch.number else { return .admitted }
        return .admittedRaising(Fence(epoch: epoch, role: role, successor: successor))
    }

    /// May this fence be replaced by that one? A repeated raise is admitted and changes nothing.
    public func admitsRaise(to fence: Fence) -> FenceVerdict {
        guard fence.epoch != .maintenance else { return .refused(.invalidArgument) }
        if fence.epoch.number > epoch.number || Mutant.fenceFalls.isOn { return .admittedRaising(fence) }
        if let code = refusal(notAbove: fence.epoch) { return .refused(code) }
        return fence == self ? .admitted : .refused(.epochConflict)
    }

    private func refusal(notAbove epoch: Epoch) -> StoreError.Code? {
        if epoch.number < self.epoch.number { return .fenced }
        return epoch.route == self.epoch.route || Mutant.otherRouteIsAdmitted.isOn ? nil : .epochConflict
    }
}

extension Fence {
    /// The error for a refused call.
    public func error(_ code: StoreError.Code, tenant: TenantID, store: StoreID) -> StoreError {
        let message =
            switch code {
            case .fenced:
                "The store is fenced at epoch \(epoch.number) as \(role.rawValue); read the route again and use the store it names."
            case .epochConflict:
                "The store holds epoch \(epoch.number) of another route; the control store may be behind: run diagnose."
            case .storeIsActive:
                "The store is active for the tenant at epoch \(epoch.number); this is allowed on a follower or closed store only."
            default:
                "The maintenance epoch reads only; use the epoch of the route."
            }
        let context = StoreError.Context(store: store, tenant: tenant, fence: self)
        return StoreError(code, message, context: context)
    }
}
