internal import MigrationCore
internal import SQLiteAdapter

/// Fills the first store, as an application would have done over the years.
struct Loading {
    let console: Console

    private static let batchSize = 500

    /// Writes all documents of a source and returns how many there were.
    func load(_ source: inout some DocumentSource, into store: SQLiteDocumentStore) async throws -> Int64 {
        try await store.ensureCollection(CollectionDefinition(packages, partitionPaths: ["Architecture"]))
        var rate = LoadingRate("loading documents", console)
        var batch: [DocumentWrite] = []
        while let (key, document) = try source.next() {
            batch.append(.put(document, to: key, condition: .insert))
            if batch.count == Self.batchSize {
                rate.advance(by: try await write(batch, to: store))
                batch.removeAll(keepingCapacity: true)
            }
        }
        if !batch.isEmpty { rate.advance(by: try await write(batch, to: store)) }
        return rate.finish()
    }

    /// Appends all events of a history, tenant by tenant, and returns how many there were.
    func load(_ history: EventHistory, into store: SQLiteEventStore) async throws -> Int64 {
        let events = store.unrouted()
        var rate = LoadingRate("loading events", console)
        for (tenant, log) in history.tenants {
            for batch in log.batches(of: Self.batchSize) {
                // One part for each event keeps the order of time across streams.
                let parts = batch.map { StreamAppend($0.stream, events: [$0.event]) }
                _ = try await events.append(parts, tenant: tenant)
                rate.advance(by: batch.count)
            }
        }
        return rate.finish()
    }

    private func write(_ batch: [DocumentWrite], to store: SQLiteDocumentStore) async throws -> Int {
        for (write, outcome) in zip(batch, try await store.writeBatch(batch)) where !outcome.isApplied {
            throw DemoFailure("loading \(write.key.debugDescription) ended as \(outcome)")
        }
        return batch.count
    }
}

/// Counts what is loaded and shows it.
private struct LoadingRate {
    private let what: String
    private let console: Console
    private let start = ContinuousClock.now
    private var count: Int64 = 0

    init(_ what: String, _ console: Console) {
        self.what = what
        self.console = console
    }

    private var perSecond: Double { Double(count) / max(start.duration(to: .now).inSeconds, 1e-6) }

    mutating func advance(by number: Int) {
        count += Int64(number)
        console.show(what, done: count, total: nil, perSecond: perSecond, remaining: nil)
    }

    func finish() -> Int64 {
        let seconds = Format.duration(start.duration(to: .now))
        console.say("\(what): \(Format.count(count)) in \(seconds), \(Format.count(Int64(perSecond)))/s")
        return count
    }
}
