internal import MigrationCore

extension EventStoreConformance {
    /// The limits that the capabilities name. Limits beyond what a test can build quickly are not tried.
    var sizes: [Behaviour] {
        [
            behaviour("an event above the largest size is eventTooLarge, and nothing is appended") { bed in
                let maximum = bed.store.capabilities.maximumEventBytes
                guard maximum <= 32 << 20 else { return }
                let tenant = try await bed.open()
                let event = bed.event(payload: ["blob": .binary(Binary(bytes: [UInt8](repeating: 7, count: maximum)))])
                try await bed.unchanged(tenant, by: "an event that is too large") {
                    try await expectError(.eventTooLarge, from: "the append") {
                        try await bed.append([bed.event(), event], tenant: tenant)
                    }
                }
            },
            behaviour("more events than one append may hold are eventTooLarge, and none is appended") { bed in
                let maximum = bed.store.capabilities.maximumAppendEvents
                guard maximum <= 20_000 else { return }
                let tenant = try await bed.open()
                let events = bed.events(maximum + 1)
                try await bed.unchanged(tenant, by: "an append that is too long") {
                    try await expectError(.eventTooLarge, from: "the append of \(events.count) events") {
                        try await bed.append(events, tenant: tenant)
                    }
                }
            },
            behaviour("more bytes than one append may hold are eventTooLarge, and nothing is appended") { bed in
                let capabilities = bed.store.capabilities
                guard capabilities.maximumAppendBytes <= 32 << 20 else { return }
                let size = min(capabilities.maximumEventBytes / 2, capabilities.maximumAppendBytes / 2)
                let count = capabilities.maximumAppendBytes / size + 1
                guard count <= capabilities.maximumAppendEvents else { return }
                let tenant = try await bed.open()
                let blob = Value.binary(Binary(bytes: [UInt8](repeating: 7, count: size)))
                let events = (0..<count).map { _ in bed.event(payload: ["blob": blob]) }
                try await bed.unchanged(tenant, by: "an append that is too large") {
                    try await expectError(.eventTooLarge, from: "the append of \(count) times \(size) bytes") {
                        try await bed.append(events, tenant: tenant)
                    }
                }
            },
            behaviour("an event of 100 kilobytes comes back whole") { bed in
                guard bed.store.capabilities.maximumEventBytes >= 101 << 10 else { return }
                let tenant = try await bed.open()
                let bytes = (0..<(100 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let event = bed.event(payload: ["blob": .binary(Binary(bytes: bytes))])
                try await bed.append([event], tenant: tenant)
                let read = try await bed.log(tenant)
                try expect(
                    read.count == 1 && read[0].payload.bson == event.payload.bson,
                    "the payload has the bytes that were appended"
                )
            },
        ]
    }
}
