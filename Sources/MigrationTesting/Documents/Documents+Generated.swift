internal import MigrationCore

extension DocumentStoreConformance {
    /// Random sequences, compared with the model call by call.
    var generated: [Behaviour] {
        [
            behaviour("generated sequences of calls answer as the model does") { bed in
                let lanes = 4
                _ = try await each(lanes) { lane in
                    for index in stride(from: lane, to: bed.options.sequences, by: lanes) {
                        try await compareGenerated(bed, index)
                    }
                }
            }
        ]
    }

    private func compareGenerated(_ bed: DocumentBed, _ index: Int) async throws {
        let seed = bed.options.seed &* 1_000_003 &+ UInt64(index)
        var generator = DocumentGenerator(seed: seed, capabilities: bed.capabilities)
        let operations = generator.sequence(upTo: bed.options.operationsPerSequence)
        var attempt = 0
        let failure = { (operations: [DocumentOperation]) async throws -> Mismatch? in
            attempt += 1
            return try await difference(bed, operations, partition: [.string("\(index)"), .number(Double(attempt))])
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
        _ bed: DocumentBed,
        _ operations: [DocumentOperation],
        partition: PartitionKey
    ) async throws -> Mismatch? {
        var comparison = DocumentComparison(bed: bed, partition: partition)
        do {
            for operation in operations {
                try await answer(bed) { try await comparison.run(operation) }
            }
            let all = DocumentOperation.query(.all, [], limit: nil, pageSize: 3)
            try await comparison.run(all)
            return nil
        } catch let mismatch as Mismatch {
            return mismatch
        }
    }
}
