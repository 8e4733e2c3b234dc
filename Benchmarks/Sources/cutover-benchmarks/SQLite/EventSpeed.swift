internal import MigrationCore
internal import SQLiteAdapter

/// Events in SQLite beside loops over the C API.
enum EventSpeed {
    private static let pageSize = 1_000

    // MARK: Bulk copy

    /// Copying a log into another file.
    static let copying = Benchmark(measures: ["sqlite-event-copy", "sqlite-event-copy-normal"]) { environment in
        let folder = try environment.folder("event-copy")
        let source = folder + "/source.sqlite"
        let count = 40_000
        try await EventFixture.makeLog(source, count: count)
        return [
            try await copy(source, count, "sqlite-event-copy", .full, .atLeast(0.6), folder, environment),
            try await copy(source, count, "sqlite-event-copy-normal", .normal, nil, folder, environment),
        ]
    }

    private static func copy(
        _ path: String,
        _ count: Int,
        _ name: String,
        _ durability: SQLiteDatabase.Durability,
        _ bar: Bar?,
        _ folder: String,
        _ environment: Environment
    ) async throws -> Measure {
        let source = try await SQLiteEventStore.open("source", at: path)
        let rawSource = try RawEvents(path)
        let times = try await Alternation(rounds: environment.rounds) {
            let target = try await SQLiteEventStore.open(
                "target",
                at: try await target(in: folder),
                configuration: .init(durability)
            )
            var configuration = EventCopier.Configuration()
            configuration.maximumPageEvents = pageSize
            configuration.maximumBatchEvents = pageSize
            let copier = EventCopier(source: source, target: target, configuration: configuration)
            let seconds = try await Stopwatch.seconds {
                let result = try await copier.copy(tenant: EventFixture.tenant)
                guard result.appended == count else {
                    throw RawFailure("the copy brought \(result.appended) of \(count) events")
                }
            }
            await target.close()
            return seconds / Double(count)
        } reference: {
            let target = try RawEvents(try await target(in: folder), durability: durability.pragma)
            return try Stopwatch.seconds { try target.copy(from: rawSource, pageSize: Int64(pageSize)) } / Double(count)
        }
        await source.close()
        return Measure.rate(name, times, "events/s", of: "the raw loop's rate", bar: bar)
    }

    /// A fresh file to copy into, in the place of the one before.
    private static func target(in folder: String) async throws -> String {
        let path = "\(folder)/target.sqlite"
        Environment.removeDatabase(path)
        try await EventFixture.makeFile(path, role: .follower)
        return path
    }

    // MARK: Scan

    /// Reading a log from its first event to its last, as events.
    static let scanning = Benchmark(measures: ["sqlite-log-scan"]) { environment in
        let path = try environment.folder("log-scan") + "/log.sqlite"
        let count = 60_000
        try await EventFixture.makeLog(path, count: count)
        let store = try await SQLiteEventStore.open("log", at: path)
        let raw = try RawEvents(path)
        let times = try await Alternation(rounds: environment.rounds) {
            try await Stopwatch.seconds {
                var position: Int64 = 0
                while true {
                    let page = try await store.readLog(
                        tenant: EventFixture.tenant,
                        after: position,
                        limit: pageSize,
                        epoch: .maintenance
                    )
                    keep(page)
                    position += Int64(page.count)
                    if page.count < pageSize { break }
                }
                guard position == count else { throw RawFailure("the scan is not whole") }
            } / Double(count)
        } reference: {
            try Stopwatch.seconds { keep(try raw.scan(pageSize: Int64(pageSize))) } / Double(count)
        }
        await store.close()
        return [
            Measure.rate("sqlite-log-scan", times, "events/s", of: "the raw scan's rate", bar: .atLeast(0.25))
        ]
    }

    // MARK: Single appends

    /// Appends of one event each, by one caller and by 64.
    static let appending = Benchmark(
        measures: [
            "sqlite-append-single", "sqlite-append-64-callers", "sqlite-append-single-normal",
            "sqlite-append-64-callers-normal",
        ]
    ) { environment in
        let folder = try environment.folder("append")
        return try await append(.full, folder, environment) + append(.normal, folder, environment)
    }

    private static func append(
        _ durability: SQLiteDatabase.Durability,
        _ folder: String,
        _ environment: Environment
    ) async throws -> [Measure] {
        let isFull = durability == .full
        let path = "\(folder)/ours-\(durability.pragma).sqlite"
        let rawPath = "\(folder)/raw-\(durability.pragma).sqlite"
        try await EventFixture.makeFile(path)
        try await EventFixture.makeFile(rawPath)
        let store = try await SQLiteEventStore.open("log", at: path, configuration: .init(durability))
        let raw = try RawEvents(rawPath, durability: durability.pragma)
        let count = isFull ? 400 : 4_000

        let single = try await Alternation(rounds: environment.rounds) {
            try await secondsForEach(count, callers: 1, store)
        } reference: {
            let rows = EventFixture.fresh(count).rows
            return try Stopwatch.seconds { try raw.append(rows) } / Double(count)
        }
        let many = try await Alternation(rounds: environment.rounds) {
            try await secondsForEach(count * 8, callers: 64, store)
        } reference: {
            try await secondsForEach(count, callers: 1, store)
        }
        await store.close()
        let suffix = isFull ? "" : "-normal"
        return [
            Measure.rate(
                "sqlite-append-single" + suffix,
                single,
                "events/s",
                of: "the raw loop's rate",
                bar: isFull ? .atLeast(0.5) : nil
            ),
            Measure.rate(
                "sqlite-append-64-callers" + suffix,
                many,
                "events/s",
                of: "the single caller's rate",
                bar: isFull ? .atLeast(3) : nil
            ),
        ]
    }

    /// Appends events of which each caller waits for its own before it appends the next.
    static func secondsForEach(
        _ count: Int,
        callers: Int,
        _ store: some FencedEventStore
    ) async throws -> Double {
        let events = EventFixture.fresh(count).events
        return try await Stopwatch.seconds {
            try await withThrowingTaskGroup { group in
                for caller in 0..<callers {
                    group.addTask {
                        for number in stride(from: caller, to: count, by: callers) {
                            let (stream, event) = events[number]
                            _ = try await store.append(
                                [StreamAppend(stream, events: [event])],
                                tenant: EventFixture.tenant,
                                epoch: .unrouted
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        } / Double(count)
    }
}
