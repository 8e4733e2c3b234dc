internal import MigrationCore

extension EventStoreConformance {
    /// `Fence.admitsRead`, for each kind of read.
    var readFence: [Behaviour] {
        [
            behaviour("a read under a smaller epoch is fenced, whatever it reads") { bed in
                try await reads(bed, .open, epoch: bed.epoch(4), .fenced)
            },
            behaviour("a read under the same epoch of another route is epochConflict, whatever it reads") { bed in
                try await reads(bed, .open, epoch: bed.epoch(5, route: EventBed.otherRoute), .epochConflict)
            },
            behaviour("a read of a follower under its epoch is fenced, whatever it reads") { bed in
                try await reads(bed, .follower, epoch: bed.epoch(5), .fenced)
            },
            behaviour("a read of a closed store under its epoch is fenced, whatever it reads") { bed in
                try await reads(bed, .closed, epoch: bed.epoch(5), .fenced)
            },
            behaviour("a read of an open store under its epoch is admitted") { bed in
                try await reads(bed, .open, epoch: bed.epoch(5), nil)
            },
            behaviour("a read under a higher epoch is admitted and leaves the fence as it is") { bed in
                for role in [Fence.Role.open, .follower, .closed] {
                    try await reads(bed, role, epoch: bed.epoch(9), nil)
                }
            },
            behaviour("a read under the maintenance epoch is admitted past every fence") { bed in
                for role in [Fence.Role.open, .follower, .closed] {
                    try await reads(bed, role, epoch: .maintenance, nil)
                }
            },
        ]
    }

    private func reads(_ bed: EventBed, _ role: Fence.Role, epoch: Epoch, _ code: StoreError.Code?) async throws {
        let tenant = try TenantID(role.rawValue)
        try await bed.store.prepare(tenant: tenant, fence: bed.fence(4, .open))
        try await bed.append(bed.events(2), to: "s", tenant: tenant, epoch: 4)
        try await bed.store.raiseFence(tenant: tenant, to: bed.fence(5, role))
        let id = try await bed.log(tenant)[0].id
        let store = bed.store
        let calls: [(String, @Sendable () async throws -> Void)] = [
            (
                "readStream",
                { _ = try await store.readStream("s", tenant: tenant, from: .first, limit: 1, epoch: epoch) }
            ),
            ("readLog", { _ = try await store.readLog(tenant: tenant, after: 0, limit: 1, epoch: epoch) }),
            ("head", { _ = try await store.head(tenant: tenant, epoch: epoch) }),
            ("checkpoint", { _ = try await store.checkpoint(tenant: tenant, at: 1, epoch: epoch) }),
            ("streamVersion", { _ = try await store.streamVersion("s", tenant: tenant, epoch: epoch) }),
            ("contains", { _ = try await store.contains(id, tenant: tenant, epoch: epoch) }),
        ]
        try await bed.unchanged(tenant, by: "reads") {
            for (name, call) in calls {
                if let code {
                    try await expectFenceError(code, holding: bed.fence(5, role), from: name, call)
                } else {
                    try await call()
                }
            }
        }
    }
}
