internal import MigrationCore

extension EventStoreConformance {
    /// `prepare`.
    var preparing: [Behaviour] {
        [
            behaviour("prepare makes an empty head with its fence, whatever the role") { bed in
                for role in [Fence.Role.open, .follower, .closed] {
                    let tenant = try TenantID(role.rawValue)
                    let fence = bed.fence(3, role, successor: "next")
                    let head = try await bed.store.prepare(tenant: tenant, fence: fence)
                    try expectEqual(head, TenantHead(fence: fence), "the head that prepare returns")
                    try expectEqual(try await bed.head(tenant), head, "the head that is read")
                }
            },
            behaviour("preparing again with the same fence changes nothing") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), tenant: tenant)
                try await bed.unchanged(tenant, by: "a repeated prepare") {
                    let head = try await bed.store.prepare(tenant: tenant, fence: bed.fence(5, .open))
                    try expectEqual(head.position, 2, "the position that prepare returns")
                }
            },
            behaviour("preparing with a higher fence raises it and keeps the log") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), tenant: tenant)
                let before = try await bed.head(tenant)
                let head = try await bed.store.prepare(tenant: tenant, fence: bed.fence(6, .follower))
                try expectEqual(head.fence, bed.fence(6, .follower), "the fence")
                try expectEqual(head.checkpoint, before.checkpoint, "the end of the log")
            },
            behaviour("preparing with a smaller epoch is fenced") { bed in
                let tenant = try await bed.open()
                try await bed.unchanged(tenant, by: "a late prepare") {
                    try await expectFenceError(.fenced, holding: bed.fence(5, .open), from: "prepare at epoch 4") {
                        try await bed.store.prepare(tenant: tenant, fence: bed.fence(4, .open))
                    }
                }
            },
            behaviour("preparing with the same epoch and another fence is epochConflict") { bed in
                let tenant = try await bed.open()
                let others = [
                    bed.fence(5, .closed), bed.fence(5, .open, successor: "next"),
                    Fence(epoch: bed.epoch(5, route: EventBed.otherRoute), role: .open),
                ]
                try await bed.unchanged(tenant, by: "a conflicting prepare") {
                    for fence in others {
                        try await expectFenceError(.epochConflict, holding: bed.fence(5, .open), from: "\(fence)") {
                            try await bed.store.prepare(tenant: tenant, fence: fence)
                        }
                    }
                }
            },
        ]
    }

    /// `raiseFence`.
    var raising: [Behaviour] {
        [
            behaviour("raising the fence of a tenant without a head is tenantNotPrepared") { bed in
                try await expectError(.tenantNotPrepared, from: "raiseFence") {
                    try await bed.store.raiseFence(tenant: "nobody", to: bed.fence(1, .closed))
                }
                try expectEqual(try await bed.store.tenants(after: nil, limit: 5), [], "the tenants")
            },
            behaviour("raising the fence keeps the log and holds epoch, route, role and successor") { bed in
                let tenant = try await bed.open()
                let result = try await bed.append(bed.events(3), tenant: tenant)
                let fence = bed.fence(6, .closed, successor: "next")
                let head = try await bed.store.raiseFence(tenant: tenant, to: fence)
                try expectEqual(head.fence, fence, "the fence that raiseFence returns")
                try expectEqual(head.checkpoint, result.checkpoint, "the end of the log that raiseFence returns")
                try expectEqual(try await bed.head(tenant), head, "the head that is read")
            },
            behaviour("raising the fence again to the same changes nothing") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(1), tenant: tenant)
                let fence = bed.fence(6, .closed, successor: "next")
                let first = try await bed.store.raiseFence(tenant: tenant, to: fence)
                let second = try await bed.store.raiseFence(tenant: tenant, to: fence)
                try expectEqual(second, first, "the head of the second raise")
            },
            behaviour("raising the fence to a smaller epoch is fenced") { bed in
                let tenant = try await bed.open()
                try await bed.unchanged(tenant, by: "a late raise") {
                    try await expectFenceError(.fenced, holding: bed.fence(5, .open), from: "a raise to epoch 4") {
                        try await bed.store.raiseFence(tenant: tenant, to: bed.fence(4, .closed))
                    }
                }
            },
            behaviour("raising the fence to the same epoch and another fence is epochConflict") { bed in
                let tenant = try await bed.open()
                let others = [
                    bed.fence(5, .follower), bed.fence(5, .open, successor: "next"),
                    Fence(epoch: bed.epoch(5, route: EventBed.otherRoute), role: .open),
                ]
                try await bed.unchanged(tenant, by: "a conflicting raise") {
                    for fence in others {
                        try await expectFenceError(.epochConflict, holding: bed.fence(5, .open), from: "\(fence)") {
                            try await bed.store.raiseFence(tenant: tenant, to: fence)
                        }
                    }
                }
            },
            behaviour("a fence under the maintenance epoch is invalidArgument") { bed in
                let tenant = try await bed.open()
                try await bed.unchanged(tenant, by: "a refused raise") {
                    try await expectError(.invalidArgument, from: "raiseFence") {
                        try await bed.store.raiseFence(tenant: tenant, to: Fence(epoch: .maintenance, role: .closed))
                    }
                    try await expectError(.invalidArgument, from: "prepare of a tenant with a head") {
                        try await bed.store.prepare(tenant: tenant, fence: Fence(epoch: .maintenance, role: .closed))
                    }
                }
            },
        ]
    }

    /// `Fence.admitsAppend`, row by row.
    var appendFence: [Behaviour] {
        [
            behaviour("an append under a smaller epoch is fenced") { bed in
                try await refusesAppend(bed, .open, epoch: bed.epoch(4), .fenced)
            },
            behaviour("an append under the same epoch of another route is epochConflict") { bed in
                try await refusesAppend(bed, .open, epoch: bed.epoch(5, route: EventBed.otherRoute), .epochConflict)
            },
            behaviour("an append to a follower under its epoch is fenced") { bed in
                try await refusesAppend(bed, .follower, epoch: bed.epoch(5), .fenced)
            },
            behaviour("an append to a closed store under its epoch is fenced") { bed in
                try await refusesAppend(bed, .closed, epoch: bed.epoch(5), .fenced)
            },
            behaviour("an append under the maintenance epoch is invalidArgument") { bed in
                try await refusesAppend(bed, .open, epoch: .maintenance, .invalidArgument)
            },
            behaviour("an append under a higher epoch raises the fence and opens the store") { bed in
                for role in [Fence.Role.open, .follower, .closed] {
                    let tenant = try TenantID(role.rawValue)
                    try await bed.store.prepare(tenant: tenant, fence: bed.fence(5, role, successor: "next"))
                    try await bed.append(bed.events(1), tenant: tenant, epoch: 7)
                    try expectEqual(try await bed.head(tenant).fence, bed.fence(7, .open), "the fence, once \(role)")
                    try await expectError(.fenced, from: "an append under the epoch before") {
                        try await bed.append(bed.events(1), tenant: tenant, epoch: 6)
                    }
                }
            },
            behaviour("a repeated append under a higher epoch raises the fence too") { bed in
                let tenant = try await bed.open()
                let events = bed.events(1)
                try await bed.append(events, tenant: tenant)
                let result = try await bed.append(events, tenant: tenant, epoch: 6)
                try expectEqual(result.wasAlreadyThere, true, "wasAlreadyThere")
                try expectEqual(try await bed.head(tenant).fence, bed.fence(6, .open), "the fence")
            },
            behaviour("a repeated append below the fence is fenced") { bed in
                let tenant = try await bed.open()
                let events = bed.events(1)
                try await bed.append(events, tenant: tenant)
                try await bed.store.raiseFence(tenant: tenant, to: bed.fence(6, .closed))
                try await expectError(.fenced, from: "the repeated append") {
                    try await bed.append(events, tenant: tenant)
                }
            },
        ]
    }

    private func refusesAppend(
        _ bed: EventBed,
        _ role: Fence.Role,
        epoch: Epoch,
        _ code: StoreError.Code
    ) async throws {
        let fence = bed.fence(5, role, successor: "next")
        try await bed.store.prepare(tenant: "tenant", fence: fence)
        try await bed.unchanged("tenant", by: "a refused append") {
            try await expectFenceError(code, holding: fence, from: "the append") {
                let part = StreamAppend("s", events: bed.events(1))
                return try await bed.store.append([part], tenant: "tenant", epoch: epoch)
            }
        }
    }
}

/// Runs a call that a fence must refuse, and checks that the error shows the fence where it is about routing.
func expectFenceError<Result>(
    _ code: StoreError.Code,
    holding fence: Fence,
    from what: @autoclosure () -> String,
    _ call: () async throws -> Result
) async throws {
    let error = try await expectError(code, from: what(), call)
    if code == .fenced || code == .epochConflict {
        try expectEqual(error.context.fence, fence, "the fence in the error of \(what())")
    }
}
