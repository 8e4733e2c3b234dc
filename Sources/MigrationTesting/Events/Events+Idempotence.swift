internal import MigrationCore

extension EventStoreConformance {
    /// Appending twice is harmless; an id is never used for two events.
    var idempotence: [Behaviour] {
        [
            behaviour("appending the same events again returns the original result and changes nothing") { bed in
                let tenant = try await bed.open()
                try await bed.append(bed.events(2), to: "b", tenant: tenant)
                let parts = [
                    StreamAppend("a", expected: .noStream, events: bed.events(2)),
                    StreamAppend("b", expected: .exact(2), events: bed.events(1)),
                ]
                let first = try await bed.store.append(parts, tenant: tenant, epoch: bed.epoch(5))
                try await bed.append(bed.events(3), to: "a", tenant: tenant)
                try await bed.unchanged(tenant, by: "a repeated append") {
                    let second = try await bed.store.append(parts, tenant: tenant, epoch: bed.epoch(5))
                    try expectEqual(second.positions, first.positions, "the positions of the repeated append")
                    try expectEqual(second.versions, first.versions, "the versions of the repeated append")
                    try expectEqual(second.digest, first.digest, "the digest of the repeated append")
                    try expectEqual(second.wasAlreadyThere, true, "wasAlreadyThere of the repeated append")
                }
            },
            behaviour("an event id with other content is conflictingEvent") { bed in
                let tenant = try await bed.open()
                let event = bed.event()
                try await bed.append([event], tenant: tenant)
                let changes: [@Sendable (inout NewEvent) -> Void] = [
                    { $0.payload = ["n": .int64(0)] }, { $0.type = "Other" }, { $0.schemaVersion += 1 },
                    { $0.occurredAt = WallTime(millisecondsSinceEpoch: 1) }, { $0.correlationID = "" },
                    { $0.causationID = "c" }, { $0.actor = "ada" }, { $0.metadata = ["m": true] },
                ]
                try await bed.unchanged(tenant, by: "conflicting appends") {
                    for (index, change) in changes.enumerated() {
                        var other = event
                        change(&other)
                        try await expectError(.conflictingEvent, from: "append with change \(index)") {
                            try await bed.append([other], tenant: tenant)
                        }
                    }
                }
            },
            behaviour("an event id of another stream is duplicateEvent") { bed in
                let tenant = try await bed.open()
                let event = bed.event()
                try await bed.append([event], to: "a", tenant: tenant)
                try await bed.unchanged(tenant, by: "a duplicate") {
                    try await expectError(.duplicateEvent, from: "the append to another stream") {
                        try await bed.append([event], to: "b", tenant: tenant)
                    }
                }
            },
            behaviour("an append of which only a part is there is duplicateEvent, and nothing is appended") { bed in
                let tenant = try await bed.open()
                let event = bed.event()
                try await bed.append([event], tenant: tenant)
                try await bed.unchanged(tenant, by: "a partly known append") {
                    for events in [[event, bed.event()], [bed.event(), event]] {
                        try await expectError(.duplicateEvent, from: "the append") {
                            try await bed.append(events, tenant: tenant)
                        }
                    }
                }
            },
            behaviour("events that are there in another order are duplicateEvent") { bed in
                let tenant = try await bed.open()
                let events = bed.events(2)
                try await bed.append(events, tenant: tenant)
                try await bed.unchanged(tenant, by: "a reordered append") {
                    try await expectError(.duplicateEvent, from: "the append in another order") {
                        try await bed.append(events.reversed(), tenant: tenant)
                    }
                }
            },
            behaviour("an event id is the tenant's own: another tenant may use it") { bed in
                let one = try await bed.open("one")
                let two = try await bed.open("two")
                let event = bed.event()
                try await bed.append([event], tenant: one)
                let result = try await bed.append([event], tenant: two)
                try expectEqual(result.wasAlreadyThere, false, "wasAlreadyThere in the other tenant")
                try expectEqual(try await bed.log(two).map(\.id), [event.id], "the other tenant's log")
            },
        ]
    }
}
