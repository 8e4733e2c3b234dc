import InMemoryAdapter
import Testing

@testable import MigrationCore

@Suite("Lessons: reading, order and subscriptions", .timeLimit(.minutes(5)))
struct ReadingTests {
    @Test("W22: after the move a process with an old route reads streams and versions from the new store")
    func readsFollow() async throws {
        let lesson = try Lesson()
        let (here, elsewhere) = (try lesson.makeProcess(), try lesson.makeProcess())
        try await lesson.append(1, through: elsewhere.router)
        let id = try await lesson.follow(with: here)
        try await here.coordinator.cutOver(id)
        for version in Int64(1)...3 {
            // The first command after the move, and those after it, see the version that the one before has made.
            #expect(try await elsewhere.router.streamVersion("s", tenant: Lesson.tenant) == version)
            let result = try await elsewhere.router.append(
                [Lesson.event()],
                to: "s",
                expected: .exact(version),
                tenant: Lesson.tenant
            )
            #expect(result.versions == [version + 1])
            let stream = try await elsewhere.router.readStream("s", tenant: Lesson.tenant, from: .first, limit: 10)
            #expect(stream.map(\.version) == Array(1...(version + 1)))
        }
    }

    @Test("W25: lag is the number of events that are missing, however many there are")
    func lag() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        _ = try await process.router.append((0..<1_500).map { Lesson.event($0) }, to: "s", tenant: Lesson.tenant)
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        #expect(try await process.coordinator.syncLag(id) == 1_500)
        let status = try await process.coordinator.status(of: id)
        #expect(status.syncLag == 1_500)
        #expect(status.progressPercentage == 0)
    }

    @Test("W26: who watches a migration is told of its end, and nothing of it is kept in memory")
    func toldOfTheEnd() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        let isWatched = Latch()
        try await withThrowingTaskGroup(of: [MigrationState].self) { group in
            group.addTask {
                var states: [MigrationState] = []
                for try await status in process.coordinator.statusUpdates(of: id, every: .milliseconds(5)) {
                    states.append(status.state)
                    isWatched.open()
                }
                return states
            }
            await isWatched.wait()
            try await lesson.run(process) { try await process.coordinator.waitUntil(.dualWrite, of: id) }
            try await process.coordinator.cutOver(id)
            let states = try await group.next() ?? []
            #expect(states.first == .pending)
            #expect(states.last == .migrated)
        }
        #expect(process.coordinator.board.entry(of: Lesson.tenant) == nil)
        #expect(process.control.gate.parkedCount(of: Lesson.tenant) == 0)
    }

    @Test("W27: the target has the source's order across streams, history and live writes mixed")
    func order() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        for number in 0..<9 { try await lesson.append(1, through: process.router, to: Self.streams[number % 3]) }
        let id = try await process.coordinator.start(tenant: Lesson.tenant, to: "second")
        let store = try DualWriteInterceptor(process.router, configuration: .init(mode: .inline(timeout: .seconds(1))))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            group.addTask { try? await process.coordinator.run() }
            for number in 0..<60 { try await lesson.append(1, through: store, to: Self.streams[number % 3]) }
            try await process.coordinator.waitUntil(.dualWrite, of: id)
            for number in 0..<30 { try await lesson.append(1, through: store, to: Self.streams[number % 3]) }
            try await process.coordinator.cutOver(id)
            group.cancelAll()
        }
        #expect(lesson.source.base.events(of: Lesson.tenant).count == 99)
        #expect(lesson.target.base.events(of: Lesson.tenant) == lesson.source.base.events(of: Lesson.tenant))
    }

    private static let streams: [StreamID] = ["a", "b", "c"]

    @Test("W28, W30: a checkpoint of any place before the move goes on after it with the very next event")
    func everyCheckpoint() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(12, through: process.router)
        let checkpoints: [LogCheckpoint] = [.beginning] + lesson.source.base.events(of: Lesson.tenant).map(\.checkpoint)
        let id = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(id)
        try await lesson.append(1, through: process.router)
        for checkpoint in checkpoints {
            var events = process.router.subscribe(tenant: Lesson.tenant, after: checkpoint, pageSize: 3)
                .makeAsyncIterator()
            for position in (checkpoint.position + 1)...13 {
                #expect(try await events.next()?.position == position)
            }
        }
    }

    @Test("W28: a subscription that runs while the tenant moves takes each event once, in order")
    func runningSubscription() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess(maximumRouteAge: .milliseconds(20))
        try await lesson.append(5, through: process.router)
        var events = process.router.subscribe(tenant: Lesson.tenant, after: .beginning, pageSize: 2).makeAsyncIterator()
        for position in Int64(1)...3 { #expect(try await events.next()?.position == position) }
        let id = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(id)
        try await lesson.append(2, through: process.router)
        for position in Int64(4)...7 { #expect(try await events.next()?.position == position) }
    }

    @Test("W31: a move rewrites no checkpoint, and touches no other tenant's log, route or subscription")
    func otherTenants() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        let neighbour: TenantID = "neighbour"
        try await lesson.append(2, through: process.router)
        _ = try await process.router.append([Lesson.event(), Lesson.event()], to: "s", tenant: neighbour)
        let (log, head) = (lesson.source.base.events(of: neighbour), lesson.source.base.head(of: neighbour))
        let route = try await process.coordinator.route(of: neighbour)
        let id = try await lesson.follow(with: process)
        try await process.coordinator.cutOver(id)
        #expect(lesson.source.base.events(of: neighbour) == log)
        #expect(lesson.source.base.head(of: neighbour) == head)
        #expect(lesson.target.base.head(of: neighbour) == nil)
        #expect(try await process.coordinator.route(of: neighbour) == route)
        let first = try #require(log.first)
        var events = process.router.subscribe(tenant: neighbour, after: first.checkpoint, pageSize: 1)
            .makeAsyncIterator()
        #expect(try await events.next() == log.last)
    }

    @Test("W32: a checkpoint that is no place of the log is refused, before and after the move")
    func foreignCheckpoint() async throws {
        let lesson = try Lesson()
        let process = try lesson.makeProcess()
        try await lesson.append(3, through: process.router)
        let place = try #require(lesson.source.base.events(of: Lesson.tenant).last?.checkpoint)
        let foreign = LogCheckpoint(position: 2, digest: place.digest)
        let beyond = LogCheckpoint(position: 9, digest: place.digest)
        let id = try await lesson.follow(with: process)
        for _ in 0..<2 {
            for checkpoint in [foreign, beyond] {
                var events = process.router.subscribe(tenant: Lesson.tenant, after: checkpoint).makeAsyncIterator()
                await expect(code: .logDiverged) { try await events.next() }
            }
            if try await process.coordinator.migration(id)?.state == .dualWrite {
                try await process.coordinator.cutOver(id)
            }
        }
    }
}
