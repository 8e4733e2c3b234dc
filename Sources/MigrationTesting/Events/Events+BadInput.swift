internal import MigrationCore

extension EventStoreConformance {
    /// Each documented code for input that no store accepts, and that nothing happened.
    var badInput: [Behaviour] {
        [
            refused("an append without parts is emptyBatch", .emptyBatch) { _ in [] },
            refused("a part without events is emptyBatch", .emptyBatch) { bed in
                [StreamAppend("a", events: bed.events(1)), StreamAppend("b", events: [])]
            },
            refused("the same event id twice in one append is duplicateEvent", .duplicateEvent) { bed in
                let event = bed.event()
                return [StreamAppend("a", events: [event]), StreamAppend("b", events: [event])]
            },
            refused("a negative expected version is invalidArgument", .invalidArgument) { bed in
                [StreamAppend("a", expected: .exact(-1), events: bed.events(1))]
            },
            refused("a negative schema version is invalidArgument", .invalidArgument) { bed in
                var event = bed.event()
                event.schemaVersion = -1
                return [StreamAppend("a", events: [event])]
            },
            refused("an empty event type is invalidKey", .invalidKey) { bed in
                [StreamAppend("a", events: [bed.event(type: "")])]
            },
            refused("an event type with a control character is invalidKey", .invalidKey) { bed in
                [StreamAppend("a", events: [bed.event(type: "a\nb")])]
            },
            refused("an event type of 256 bytes is keyTooLong", .keyTooLong) { bed in
                [StreamAppend("a", events: [bed.event(type: String(repeating: "t", count: 256))])]
            },
            behaviour("a page of a stream needs a limit of at least 1") { bed in
                let tenant = try await bed.open()
                for limit in [0, -1] {
                    try await expectError(.invalidArgument, from: "readStream with limit \(limit)") {
                        try await bed.store.readStream(
                            "s",
                            tenant: tenant,
                            from: .first,
                            limit: limit,
                            epoch: bed.epoch(5)
                        )
                    }
                }
            },
            behaviour("a page of the log needs a limit of at least 1") { bed in
                let tenant = try await bed.open()
                for limit in [0, -1] {
                    try await expectError(.invalidArgument, from: "readLog with limit \(limit)") {
                        try await bed.store.readLog(tenant: tenant, after: 0, limit: limit, epoch: bed.epoch(5))
                    }
                }
            },
            behaviour("a page of tenants needs a limit of at least 1") { bed in
                for limit in [0, -1] {
                    try await expectError(.invalidArgument, from: "tenants with limit \(limit)") {
                        try await bed.store.tenants(after: nil, limit: limit)
                    }
                }
            },
            behaviour("a negative version to read a stream from is invalidArgument") { bed in
                let tenant = try await bed.open()
                for start in [StreamPosition.forward(from: -1), .backward(from: -1)] {
                    try await expectError(.invalidArgument, from: "readStream \(start)") {
                        try await bed.store.readStream(
                            "s",
                            tenant: tenant,
                            from: start,
                            limit: 1,
                            epoch: bed.epoch(5)
                        )
                    }
                }
            },
            behaviour("a negative position to read the log after is invalidArgument") { bed in
                let tenant = try await bed.open()
                try await expectError(.invalidArgument, from: "readLog after -1") {
                    try await bed.store.readLog(tenant: tenant, after: -1, limit: 1, epoch: bed.epoch(5))
                }
            },
            behaviour("an offer without events is emptyBatch") { bed in
                let tenant = try await bed.follower()
                try await expectError(.emptyBatch, from: "an empty offer") {
                    try await bed.store.offer([], tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                }
            },
            behaviour("offered events with a gap, or not right behind the checkpoint, are invalidArgument") { bed in
                let tenant = try await bed.follower()
                let log = ModelEventLog.sample(count: 4, from: bed)
                let offers = [[log[0], log[2]], [log[1], log[0]], [log[1]], [log[0], log[0]]]
                try await bed.unchanged(tenant, by: "such offers") {
                    for events in offers {
                        try await expectError(.invalidArgument, from: "an offer of \(events.map(\.position)) after 0") {
                            try await bed.store.offer(events, tenant: tenant, after: .beginning, epoch: bed.epoch(5))
                        }
                    }
                }
            },
        ]
    }

    /// An append that is refused with a code and changes nothing.
    private func refused(
        _ name: String,
        _ code: StoreError.Code,
        _ parts: @escaping @Sendable (EventBed) -> [StreamAppend]
    ) -> Behaviour {
        behaviour(name) { bed in
            let tenant = try await bed.open()
            try await bed.append(bed.events(2), tenant: tenant)
            try await bed.unchanged(tenant, by: "a refused append") {
                let parts = parts(bed)
                try await expectError(code, from: "the append") {
                    try await bed.store.append(parts, tenant: tenant, epoch: bed.epoch(5))
                }
            }
        }
    }
}
