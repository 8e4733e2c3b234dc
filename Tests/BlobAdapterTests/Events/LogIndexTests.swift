import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("What the records of a log say together")
struct LogIndexTests {
    private static let route = RouteID(high: 1, low: 2)

    private func fence(_ epoch: Int64, _ role: Fence.Role = .open) -> Fence {
        Fence(epoch: Epoch(number: epoch, route: Self.route), role: role)
    }

    /// A log with records, each of 100 bytes; events are of two streams in turn.
    private struct Log {
        var index = LogIndex()
        var head: TenantHead

        init(_ fence: Fence) throws {
            head = TenantHead(fence: fence)
            index.enter(segment: 1, .unopened)
            try fold(.opening(head))
        }

        mutating func fold(_ content: LogRecord.Content) throws {
            _ = try index.fold(LogRecord(content, stamp: "s"), bytes: 100)
        }

        mutating func events(_ count: Int, after position: Int64? = nil, marked mark: UInt64 = 0) -> [StoredEvent] {
            let kept = position ?? head.position
            var events: [StoredEvent] = []
            for place in (kept + 1)...(kept + Int64(count)) {
                events.append(
                    StoredEvent(
                        position: place,
                        stream: place % 2 == 0 ? "even" : "odd",
                        version: (place + 1) / 2,
                        id: EventID(high: mark, low: UInt64(place)),
                        type: "T",
                        schemaVersion: 1,
                        occurredAt: WallTime(millisecondsSinceEpoch: 0),
                        recordedAt: WallTime(millisecondsSinceEpoch: 0),
                        correlationID: nil,
                        causationID: nil,
                        actor: nil,
                        metadata: [:],
                        payload: ["n": .int64(place)],
                        digest: .empty
                    )
                )
            }
            head.position = kept + Int64(count)
            return events
        }
    }

    @Test("events are found by position, stream and id")
    func places() throws {
        var log = try Log(fence(1))
        for count in [1, 3, 2] { try log.fold(.events(log.events(count), log.head)) }
        #expect(log.index.head?.position == 6)
        #expect(log.index.frames(1...6).map(\.events) == [1, 3, 2])
        #expect(log.index.frames(2...4).map(\.offset) == [200])
        #expect(log.index.frame(at: 5)?.offset == 300)
        #expect(log.index.version(of: "odd") == 3)
        #expect(log.index.version(of: "odd", upTo: 4) == 2)
        #expect(log.index.version(of: "none") == 0)
        #expect(log.index.places(of: "even", from: .last, limit: 2) == [6, 4])
        #expect(log.index.places(of: "even", from: .forward(from: 2), limit: 9) == [4, 6])
        #expect(log.index.position(of: EventID(high: 0, low: 4)) == 4)
    }

    @Test(
        "a rewind takes away what follows its checkpoint, within a record, too",
        arguments: [0, 1, 3, 4, 6] as [Int64]
    )
    func rewind(_ kept: Int64) throws {
        var log = try Log(fence(1))
        for count in [1, 3, 2] { try log.fold(.events(log.events(count), log.head)) }
        let new = log.events(2, after: kept, marked: 9)
        try log.fold(.rewind(new, log.head))
        #expect(log.index.head?.position == kept + 2)
        #expect(log.index.frames.reduce(0) { $0 + $1.events } == Int(kept) + 2)
        #expect(log.index.frame(at: kept + 1)?.offset == 400)
        #expect(log.index.position(of: EventID(high: 0, low: 6)) == (kept == 6 ? 6 : nil))
        #expect(log.index.position(of: EventID(high: 9, low: UInt64(kept + 1))) == kept + 1)
        #expect(log.index.version(of: "even") + log.index.version(of: "odd") == kept + 2)
    }

    @Test("a fence counts where it is higher, and a lower one that comes late changes nothing")
    func fences() throws {
        var log = try Log(fence(1))
        try log.fold(.fence(fence(5, .closed)))
        try log.fold(.fence(fence(3)))
        #expect(log.index.head?.fence == fence(5, .closed))
    }

    @Test("behind a seal the log goes on in the next segment, whose opening repeats the head")
    func segments() throws {
        var log = try Log(fence(1))
        try log.fold(.events(log.events(2), log.head))
        try log.fold(.seal(log.head))
        #expect(log.index.segment == 2 && log.index.offset == 0 && log.index.situation == .missing)
        #expect(throws: LogIndex.Damage.noOpening) { try log.fold(.fence(fence(2))) }
        #expect(throws: LogIndex.Damage.otherHead) { try log.fold(.opening(TenantHead(fence: fence(1)))) }
        try log.fold(.opening(log.head))
        #expect(log.index.situation == .open)
        try log.fold(.events(log.events(1), log.head))
        #expect(log.index.frame(at: 3) == LogIndex.Frame(segment: 2, offset: 100, bytes: 100, first: 3, events: 1))
    }

    @Test("records that do not follow each other are no log")
    func damaged() throws {
        var log = try Log(fence(1))
        let skipped = log.events(1, after: 4)
        #expect(throws: LogIndex.Damage.gap) { try log.fold(.events(skipped, log.head)) }
        #expect(throws: LogIndex.Damage.gap) { try log.fold(.rewind([], TenantHead(position: 7, fence: fence(1)))) }
        #expect(throws: LogIndex.Damage.otherHead) { try log.fold(.opening(log.head)) }
        #expect(throws: LogIndex.Damage.otherHead) { try log.fold(.seal(TenantHead(position: 7, fence: fence(1)))) }
        var late = LogIndex()
        late.enter(segment: 2, .unopened)
        let opening = LogRecord(.opening(TenantHead(position: 7, fence: fence(1))), stamp: "s")
        #expect(throws: LogIndex.Damage.otherHead) { try late.fold(opening, bytes: 100) }
    }

    @Test("a record comes back from its frame")
    func records() throws {
        let head = TenantHead(
            fence: Fence(epoch: Epoch(number: 7, route: Self.route), role: .follower, successor: "next")
        )
        for content in [.opening(head), .seal(head), .fence(head.fence), .rewind([], head)] as [LogRecord.Content] {
            let record = LogRecord(content, stamp: "s")
            let frame = try #require(try LogFrame.frame(LogFrame.bytes(record.body)[...], at: 0))
            #expect(LogRecord(frame.body) == record)
        }
        var log = try Log(fence(1))
        let events = log.events(3)
        let record = LogRecord(.events(events, log.head), stamp: "s")
        let frame = try #require(try LogFrame.frame(LogFrame.bytes(record.body)[...], at: 0))
        #expect(LogRecord(frame.body) == record)
        #expect(LogRecord(LogRecord(.events([], head), stamp: "s").body) == nil)
    }
}
