internal import MigrationCore

extension EventStoreConformance {
    /// Random sequences, compared with the model call by call.
    var generated: [Behaviour] {
        [
            behaviour("generated sequences of calls answer as the model does") { bed in
                let sequences = bed.options.sequences
                let lanes = 4
                _ = try await each(lanes) { lane in
                    for index in stride(from: lane, to: sequences, by: lanes) {
                        try await compareGenerated(bed, index)
                    }
                }
            }
        ]
    }

    private func compareGenerated(_ bed: EventBed, _ index: Int) async throws {
        var generator = EventGenerator(seed: bed.options.seed &* 1_000_003 &+ UInt64(index))
        let operations = generator.sequence(upTo: bed.options.operationsPerSequence)
        var attempt = 0
        let failure = { (operations: [EventOperation]) async throws -> Mismatch? in
            attempt += 1
            return try await difference(bed, operations, tenant: try TenantID("sequence-\(index)-\(attempt)"))
        }
        guard let first = try await failure(operations) else { return }
        let (shortest, found) = try await Shrinking.shrink(operations, first, failure: failure)
        throw Mismatch(
            expectation: found.expectation,
            observed: found.observed,
            history: ["sequence \(index)"] + shortest.map(\.description)
        )
    }

    private func difference(
        _ bed: EventBed,
        _ operations: [EventOperation],
        tenant: TenantID
    ) async throws -> Mismatch? {
        var log = ModelEventLog()
        for operation in operations {
            let expected = operation.answer(of: &log)
            let seen = try await operation.answer(of: bed.store, tenant: tenant)
            guard seen == expected else {
                return Mismatch(expectation: "\(operation): \(brief(expected))", observed: brief(seen))
            }
        }
        do {
            try expectEqual(
                try await bed.store.head(tenant: tenant, epoch: .maintenance),
                log.head,
                "the head at the end"
            )
            guard log.head != nil else { return nil }
            try await expectLog(bed, tenant, log.events)
            return nil
        } catch let mismatch as Mismatch {
            return mismatch
        }
    }
}
