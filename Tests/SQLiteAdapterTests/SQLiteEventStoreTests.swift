import MigrationCore
import Testing

@testable import SQLiteAdapter

@Suite("The event store in an SQLite file", .timeLimit(.minutes(5)))
struct SQLiteEventStoreTests {
    private let folder = TemporaryFolder()
    private let tenant: TenantID = "acme"

    private func append(_ count: Int, to store: SQLiteEventStore, stream: StreamID = "s") async throws {
        let events = (0..<count).map { NewEvent.numbered($0) }
        _ = try await store.append([StreamAppend(stream, events: events)], tenant: tenant, epoch: .unrouted)
    }

    @Test("what was appended is there after the file was closed and opened again")
    func reopened() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        try await append(10, to: store)
        let head = try await store.head(tenant: tenant, epoch: .unrouted)
        let events = try await store.readLog(tenant: tenant, after: 0, limit: 100, epoch: .unrouted)
        await store.close()
        let again = try await SQLiteEventStore.open("test", at: folder.file())
        #expect(try await again.head(tenant: tenant, epoch: .unrouted) == head)
        let read = try await again.readLog(tenant: tenant, after: 0, limit: 100, epoch: .unrouted)
        #expect(read == events && read.count == 10)
        var digest = LogDigest.empty
        for event in read {
            digest = event.chainedDigest(after: digest)
            #expect(event.digest == digest)
        }
        #expect(head?.digest == digest)
        await again.close()
    }

    @Test("events are columns that plain SQL reads, with the payload as BSON")
    func columns() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        try await append(1, to: store)
        await store.close()
        let rows = try Shell(path: folder.file()).run(
            """
            SELECT tenant, position, stream, version, length(id), type, schema_version, occurred_at, correlation_id,
                causation_id, actor, typeof(payload), length(digest) FROM events
            """
        )
        #expect(
            rows == [["acme", "1", "s", "1", "16", "Counted", "1", "0", "request-0", nil, "test", "blob", "32"]]
        )
    }

    @Test("64 callers on one tenant get contiguous positions, each event once")
    func concurrentAppends() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        let positions = try await withThrowingTaskGroup(of: Int64.self) { group in
            for caller in 0..<64 {
                group.addTask {
                    let part = StreamAppend(try StreamID("stream-\(caller % 7)"), events: [.numbered(caller)])
                    return try await store.append([part], tenant: tenant, epoch: .unrouted).positions.lowerBound
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(positions.sorted() == Array(1...64))
        await store.close()
    }

    @Test("a rejected append leaves the others of its group alone")
    func rejectedInGroup() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        let applied = await withTaskGroup(of: Bool.self) { group in
            for caller in 0..<32 {
                group.addTask {
                    do throws(StoreError) {
                        let part = StreamAppend(
                            try StreamID("stream-\(caller)"),
                            expected: caller.isMultiple(of: 4) ? .exact(9) : .noStream,
                            events: [.numbered(caller)]
                        )
                        _ = try await store.append([part], tenant: tenant, epoch: .unrouted)
                        return true
                    } catch {
                        #expect(error.code == .versionConflict)
                        return false
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(applied == 24)
        #expect(try await store.head(tenant: tenant, epoch: .unrouted)?.position == 24)
        await store.close()
    }

    @Test("two stores on one file, as two processes have them, share positions, fences and waiting")
    func twoStores() async throws {
        let a = try await SQLiteEventStore.prepared(at: folder.file())
        let b = try await SQLiteEventStore.open("test", at: folder.file())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, store) in [a, b].enumerated() {
                group.addTask {
                    for number in 0..<20 {
                        let part = StreamAppend(try StreamID("stream-\(index)"), events: [.numbered(number)])
                        _ = try await store.append([part], tenant: tenant, epoch: .unrouted)
                    }
                }
            }
            try await group.waitForAll()
        }
        let log = try await a.readLog(tenant: tenant, after: 0, limit: 100, epoch: .unrouted)
        #expect(log.map(\.position) == Array(1...40))

        async let woken: Void = a.waitForEvents(tenant: tenant, after: 40, upTo: .seconds(20))
        try await append(1, to: b)
        try await woken
        #expect(try await a.head(tenant: tenant, epoch: .unrouted)?.position == 41)

        try await b.raiseFence(
            tenant: tenant,
            to: Fence(epoch: Epoch(number: 2, route: Epoch.unrouted.route), role: .closed)
        )
        await expect(.fenced) { try await append(1, to: a) }
        await expect(.fenced) { _ = try await a.readLog(tenant: tenant, after: 0, limit: 1, epoch: .unrouted) }
        await a.close()
        await b.close()
    }

    @Test("an event that another program damaged is reported with its position", arguments: [0, 1, 2, 3, 4])
    func damaged(column: Int) async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        try await append(5, to: store)
        let change = [
            "id = x'00'", "digest = x'00'", "payload = x'0102'", "metadata = x''", "type = cast(x'ff' AS TEXT)",
        ]
        try Shell(path: folder.file()).run("UPDATE events SET \(change[column]) WHERE position = 3")
        do throws(StoreError) {
            _ = try await store.readLog(tenant: tenant, after: 0, limit: 10, epoch: .unrouted)
            Issue.record("a damaged event was read")
        } catch {
            #expect(error.code == .corrupt)
            #expect(error.context.position == 3 && error.context.store == "test")
        }
        let rest = try await store.readLog(tenant: tenant, after: 3, limit: 10, epoch: .unrouted)
        #expect(rest.map(\.position) == [4, 5])
        await store.close()
    }

    @Test("the file refuses rows that no log can hold, whoever writes them")
    func uniqueIndexes() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        try await append(2, to: store)
        let columns = "stream, version, id, type, schema_version, occurred_at, recorded_at, metadata, payload, digest"
        for (position, version, id) in [("1", "9", "zeroblob(16)"), ("9", "1", "zeroblob(16)"), ("9", "9", "id")] {
            #expect(throws: Shell.Failure.self) {
                try Shell(path: folder.file()).run(
                    """
                    INSERT INTO events (tenant, position, \(columns))
                    SELECT tenant, \(position), stream, \(version), \(id), type, schema_version, occurred_at, recorded_at,
                        metadata, payload, digest FROM events WHERE position = 1
                    """
                )
            }
        }
        await store.close()
    }

    @Test("a row that was put behind the head by another program is reported, not overwritten")
    func rowBehindHead() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        try await append(2, to: store)
        try Shell(path: folder.file()).run(
            "UPDATE heads SET position = 1, digest = (SELECT digest FROM events WHERE position = 1)"
        )
        await expect(.corrupt) { try await append(1, to: store, stream: "other") }
        await store.close()
    }

    @Test("a closed store refuses every call")
    func closed() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        await store.close()
        await store.close()
        await expect(.closed) { try await append(1, to: store) }
        await expect(.closed) { _ = try await store.head(tenant: tenant, epoch: .unrouted) }
        await expect(.closed) { _ = try await store.readLog(tenant: tenant, after: 0, limit: 1, epoch: .unrouted) }
        await expect(.closed) { _ = try await store.tenants(after: nil, limit: 1) }
        await expect(.closed) { try await store.waitForEvents(tenant: tenant, after: 0, upTo: .seconds(1)) }
    }

    @Test("a cancelled append is either there or not, says so, and leaves the store usable")
    func cancellation() async throws {
        let store = try await SQLiteEventStore.prepared(at: folder.file())
        let acknowledged = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                let task = Task {
                    do throws(StoreError) {
                        _ = try await store.append(
                            [StreamAppend("s", events: [.numbered(number)])],
                            tenant: tenant,
                            epoch: .unrouted
                        )
                        return true
                    } catch {
                        #expect(error.code == .cancelled)
                        return false
                    }
                }
                if number.isMultiple(of: 2) { task.cancel() }
                group.addTask { await task.value }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(try await store.head(tenant: tenant, epoch: .unrouted)?.position == Int64(acknowledged))
        try await append(1, to: store)
        await store.close()
    }
}
