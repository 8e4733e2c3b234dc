internal import CosmosAdapter
internal import Foundation
internal import MigrationCore

/// A budget of request units, half of what the account has: how much of it is used, and how well it is kept.
///
/// The emulator charges each write and counts the units of all its answers; that count is read many times a second.
enum CosmosBudget {
    private static let accountUnits = 40_000
    private static let budget = Double(accountUnits) / 2
    private static let ranges = 4
    /// How long the budget is drawn on.
    private static let length = Duration.seconds(12)

    private static let names = (
        used: "azure-cosmos-budget-used", peak: "azure-cosmos-budget-peak", refused: "azure-cosmos-budget-refused"
    )

    static let benchmark = Benchmark(measures: [names.used, names.peak, names.refused]) { _ in
        let emulator = try AzureEmulator()
        defer { emulator.end() }
        try emulator.control("PUT", "cosmos/settings", #"{"ranges": \#(ranges), "enforceThroughput": true}"#)
        let store = try await CosmosImport.store(on: emulator) {
            $0.throughput = .manual(accountUnits)
            $0.requestUnitsPerSecond = budget
        }
        try await store.ensureCollection(CosmosImport.collection)
        // More than can be written in that time: about seven units each.
        let documents = CosmosImport.documents(Int(budget * (length.inSeconds + 4) / 7))
        let writing = Task { try await CosmosImport.upsert(documents, into: store) }
        let samples = try await samples(of: emulator)
        writing.cancel()
        _ = await writing.result
        let refused = try refusals(of: emulator)
        await store.close()
        return [
            Measure(
                name: names.used,
                value: samples.rate,
                unit: "units/s",
                comparison: (samples.rate / budget, "the budget"),
                bar: .atLeast(0.9)
            ),
            Measure(
                name: names.peak,
                value: samples.busiestSecond,
                unit: "units/s",
                comparison: (samples.busiestSecond / budget, "the budget, in the busiest second"),
                bar: .atMost(1.05)
            ),
            Measure(name: names.refused, value: Double(refused), unit: "requests", bar: .atMost(0)),
        ]
    }

    /// What the account had charged at some times.
    private struct Samples {
        var all: [(seconds: Double, units: Double)] = []

        /// The units of a second, from the first sample to the last.
        var rate: Double {
            guard let first = all.first, let last = all.last, last.seconds > first.seconds else { return 0 }
            return (last.units - first.units) / (last.seconds - first.seconds)
        }

        /// The most units that were charged within a second or a little more, as units of one second.
        var busiestSecond: Double {
            all.indices.compactMap { start in
                all[start...].first { $0.seconds - all[start].seconds >= 1 }.map {
                    ($0.units - all[start].units) / ($0.seconds - all[start].seconds)
                }
            }.max() ?? 0
        }
    }

    private static func samples(of emulator: AzureEmulator) async throws -> Samples {
        var samples = Samples()
        let start = ContinuousClock.now
        // The first second is left out: connections are opened, and what a write costs is learned.
        try await Task.sleep(for: .seconds(1))
        while start.duration(to: .now) < length {
            let asked = start.duration(to: .now)
            let answer = Data(try emulator.control("GET", "cosmos/charge").utf8)
            let answered = start.duration(to: .now)
            // Of one that took longer it is not known when the units were counted.
            if answered - asked < .milliseconds(10) {
                let charge = try JSONDecoder().decode(Charge.self, from: answer).charge
                samples.all.append(((asked + answered).inSeconds / 2, charge))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return samples
    }

    private static func refusals(of emulator: AzureEmulator) throws -> Int {
        let place = "cosmos/container?database=\(CosmosImport.database)&container=\(DocumentFixture.collection.text)"
        return try JSONDecoder().decode(Container.self, from: Data(try emulator.control("GET", place).utf8)).throttled
    }

    private struct Charge: Decodable {
        let charge: Double
    }

    private struct Container: Decodable {
        let throttled: Int
    }
}
