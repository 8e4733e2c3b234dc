internal import MigrationCore
internal import SQLiteAdapter

/// Looks for every acknowledged event in the files that the move left behind: without the router, the coordinator and the
/// control store, which may be wrong.
struct LogProof {
    let history: EventHistory
    let acknowledged: [Writer.Acknowledgement]
    let tenant: TenantID

    func run(first: String, second: String, console: Console, _ summary: inout Summary) async throws {
        var stores: [SQLiteEventStore] = []
        for (name, path) in [("first", first), ("second", second)] {
            var configuration = SQLiteDatabase.Configuration()
            configuration.access = .readOnly
            stores.append(try await SQLiteEventStore.open(StoreID(name), at: path, configuration: configuration))
        }
        var open: [SQLiteEventStore] = []
        for store in stores where try await head(of: store).fence.role == .open { open.append(store) }
        summary.require(open.count == 1, "\(open.count) stores are open for the tenant, not one")
        guard let active = open.first, open.count == 1, let other = stores.first(where: { $0.id != active.id }) else {
            return
        }
        summary.add("active store", active.id.text, "activeStore", .text(active.id.text))
        summary.require(active.id == "second", "the second store is not the active one")

        let log = try await Log(of: tenant, in: active)
        for problem in log.problems.prefix(20) { summary.fail(problem) }
        checkHistory(log, &summary)
        checkAcknowledged(log, &summary)
        try checkRows(active.id == "first" ? first : second, log, &summary)
        try await checkCopy(other, of: active, &summary)
        console.say("the log of \(active.id) was read event by event: \(Format.count(Int64(log.count))) events")
        for store in stores { await store.close() }
    }

    private func head(of store: SQLiteEventStore) async throws -> TenantHead {
        guard let head = try await store.head(tenant: tenant, epoch: .maintenance) else {
            throw DemoFailure("\(store.id) does not know the tenant")
        }
        return head
    }

    /// What was there before anything moved still begins the log.
    private func checkHistory(_ log: Log, _ summary: inout Summary) {
        let expected = history.tenants.flatMap(\.events).map(\.event.id)
        summary.require(log.ids.starts(with: expected), "the history is not the beginning of the log")
        let unexplained = log.count - expected.count - acknowledged.count
        summary.add("unexplainedEvents", .count(Int64(unexplained)))
        summary.require(unexplained == 0, "\(unexplained) events of the log were never acknowledged")
    }

    /// Every acknowledged event is where its writer was told, once, and in the order in which its writer wrote.
    private func checkAcknowledged(_ log: Log, _ summary: inout Summary) {
        let verdict = Verdict(acknowledged, log)
        let found = acknowledged.count - verdict.missing
        summary.add(
            "acknowledged events found",
            "\(Format.count(Int64(found))) of \(Format.count(Int64(acknowledged.count))), each once",
            "acknowledgedEventsFound",
            .count(Int64(found))
        )
        summary.add("acknowledgedEventsMissing", .count(Int64(verdict.missing)))
        summary.require(
            verdict.missing == 0,
            "\(verdict.missing) acknowledged events are missing from the active store"
        )
        summary.require(
            verdict.moved == 0,
            "\(verdict.moved) acknowledged events are not where their writers were told"
        )
        summary.require(
            verdict.reordered == 0,
            "\(verdict.reordered) acknowledged events are out of their writer's order"
        )
        checkTheCheck(log, &summary)
    }

    /// The proof is worth something only if it sees an event that is missing, and one that is out of order.
    private func checkTheCheck(_ log: Log, _ summary: inout Summary) {
        guard let last = acknowledged.last, let id = EventID("00000000-0000-4000-8000-000000000000") else { return }
        let invented = Writer.Acknowledgement(
            writer: last.writer,
            id: id,
            stream: last.stream,
            version: last.version + 1,
            position: last.position + 1
        )
        let verdict = Verdict(acknowledged + [invented, last], log)
        summary.require(
            verdict.missing == 1 && verdict.reordered == 1 && verdict.moved == 0,
            "the proof does not see an invented event and one out of order"
        )
    }

    /// The same counted by SQLite itself, past the library.
    private func checkRows(_ path: String, _ log: Log, _ summary: inout Summary) throws {
        let rows = try PlainSQL(path).run(
            "SELECT count(*), count(DISTINCT id), min(position), max(position) FROM events WHERE tenant = ?",
            [.text(tenant.text)]
        )
        let count = PlainSQL.Cell.integer(Int64(log.count))
        summary.require(
            rows == [[count, count, .integer(1), count]],
            "SQLite counts other rows than the log has events: \(rows)"
        )
    }

    /// The store that was left is an exact beginning of the active one.
    private func checkCopy(_ copy: SQLiteEventStore, of active: SQLiteEventStore, _ summary: inout Summary) async throws
    {
        let head = try await head(of: copy)
        let place = try await active.checkpoint(tenant: tenant, at: head.position, epoch: .maintenance)
        let isPrefix = place == head.checkpoint
        let text =
            "\(copy.id): \(Format.count(head.position)) events, \(isPrefix ? "an exact beginning" : "NOT a beginning")"
        summary.add("old store", text, "oldStoreIsPrefix", .flag(isPrefix))
        summary.require(isPrefix, "the old store is not a beginning of the active one's log")
    }
}

/// What is wrong with acknowledged events, seen from a log.
private struct Verdict {
    var missing = 0
    var moved = 0
    var reordered = 0

    init(_ acknowledged: [Writer.Acknowledgement], _ log: Log) {
        var last: [Int: Int64] = [:]
        for acknowledgement in acknowledged {
            guard let place = log.places[acknowledgement.id] else {
                missing += 1
                continue
            }
            if place.position != acknowledgement.position || place.version != acknowledgement.version
                || place.stream != acknowledgement.stream
            {
                moved += 1
            }
            if place.position <= last[acknowledgement.writer, default: 0] { reordered += 1 }
            last[acknowledgement.writer] = place.position
        }
    }
}

/// A tenant's log as it was read back, with everything in it that must not be.
private struct Log {
    struct Place {
        let stream: StreamID
        let version: Int64
        let position: Int64
    }

    var ids: [EventID] = []
    var places: [EventID: Place] = [:]
    var problems: [String] = []

    var count: Int { ids.count }

    /// Reads the whole log: positions and versions have no gaps, no id is there twice, every digest is the one of its bytes.
    init(of tenant: TenantID, in store: SQLiteEventStore) async throws {
        var digest = LogDigest.empty
        var versions: [StreamID: Int64] = [:]
        while true {
            let page = try await store.readLog(tenant: tenant, after: Int64(count), limit: 1_000, epoch: .maintenance)
            if page.isEmpty { return }
            for event in page {
                let position = Int64(count) + 1
                if event.position != position { problems.append("position \(event.position) stands at \(position)") }
                if event.version != versions[event.stream, default: 0] + 1 {
                    problems.append("version \(event.version) of a stream at position \(position) is out of order")
                }
                versions[event.stream] = event.version
                digest = event.chainedDigest(after: digest)
                if event.digest != digest {
                    problems.append("the digest at position \(position) is not that of the log")
                }
                let place = Place(stream: event.stream, version: event.version, position: event.position)
                if places.updateValue(place, forKey: event.id) != nil {
                    problems.append("the event at position \(position) is in the log twice")
                }
                ids.append(event.id)
                guard problems.count < 100 else { return }
            }
        }
    }
}
