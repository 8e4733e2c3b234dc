internal import MigrationCore
internal import SQLiteAdapter
internal import Synchronization

/// An application with its writers and a coordinator, in one process, over three files: two stores and a control store.
final class LiveMove: Sendable {
    let first: SQLiteEventStore
    let second: SQLiteEventStore
    let firstPath: String
    let secondPath: String
    let book = CallBook()
    private let controlDocuments: SQLiteDocumentStore
    private let router: TenantRouter
    /// What the application holds.
    private let application: DualWriteInterceptor
    private let coordinator: MigrationCoordinator
    private let console: Console
    private let felt = Mutex<[CutoverFelt]>([])

    /// What each cutover was for the writers, in order.
    var cutoversFelt: [CutoverFelt] { felt.withLock(\.self) }

    static func open(in workspace: Workspace, console: Console) async throws -> LiveMove {
        let paths = ["first", "second", "control"].map { workspace.file("move-\($0).sqlite") }
        let first = try await SQLiteEventStore.open("first", at: paths[0])
        let second = try await SQLiteEventStore.open("second", at: paths[1])
        let documents = try await SQLiteDocumentStore.open("control", at: paths[2])
        let control = ControlStore(documents)
        try await control.prepare()
        let stores = try StoreRegistry([first, second])
        return try LiveMove(first, second, paths, documents, control, stores, console)
    }

    private init(
        _ first: SQLiteEventStore,
        _ second: SQLiteEventStore,
        _ paths: [String],
        _ documents: SQLiteDocumentStore,
        _ control: ControlStore,
        _ stores: StoreRegistry,
        _ console: Console
    ) throws {
        self.first = first
        self.second = second
        firstPath = paths[0]
        secondPath = paths[1]
        controlDocuments = documents
        self.console = console
        router = try TenantRouter(control: control, stores: stores, home: first.id)
        application = try DualWriteInterceptor(router)
        coordinator = try MigrationCoordinator(control: control, stores: stores)
    }

    func close() async {
        await first.close()
        await second.close()
        await controlDocuments.close()
    }

    /// The states of all migrations, in the order of their beginning.
    func states() async throws -> [MigrationState] {
        try await coordinator.migrations(for: MovePart.tenant).map(\.state)
    }

    /// Runs the writers, and under them the move, the rollback and the second move.
    ///
    /// - Returns: what each writer was told.
    func run(over history: EventHistory, seed: UInt64) async throws -> [Writer.Diary] {
        try await withThrowingTaskGroup(of: Void.self) { background in
            background.addTask { try await self.router.run() }
            background.addTask { try await self.application.run() }
            background.addTask { try await self.coordinator.run() }
            defer { background.cancelAll() }
            return try await withThrowingTaskGroup(of: Writer.Diary?.self) { group in
                for (number, places) in places(of: history).enumerated() {
                    group.addTask {
                        await Writer(number: number, store: self.application, tenant: MovePart.tenant, book: self.book)
                            .run(places, seed: seed &+ UInt64(number) &+ 1)
                    }
                }
                group.addTask {
                    defer { self.book.close() }
                    try await self.move()
                    return nil
                }
                var diaries: [Writer.Diary] = []
                while let result = try await group.next() {
                    if let result { diaries.append(result) }
                }
                return diaries
            }
        }
    }

    /// The streams of the history, shared out among the writers; every stream belongs to one of them.
    private func places(of history: EventHistory) -> [[Writer.Place]] {
        var versions: [StreamID: Int64] = [:]
        for (_, events) in history.tenants {
            for event in events { versions[event.stream, default: 0] += 1 }
        }
        var places: [[Writer.Place]] = Array(repeating: [], count: MovePart.writerCount)
        for (index, (stream, version)) in versions.sorted(by: { $0.key < $1.key }).enumerated() {
            places[index % places.count].append(Writer.Place(stream: stream, version: version))
        }
        return places
    }

    // MARK: The moves

    private func move() async throws {
        try await enough(.beforeTheMove)
        book.phase = .firstMove
        let move = try await coordinator.start(tenant: MovePart.tenant, to: second.id, reason: "the demo's first move")
        try await cutOver(move, "cutover to the second store")
        book.phase = .afterTheMove
        try await enough(.afterTheMove)

        book.phase = .rollback
        let back = try await coordinator.rollBack(move, reason: "the demo's rollback")
        try await cutOver(back, "cutover back")
        book.phase = .afterTheRollback
        try await enough(.afterTheRollback)

        book.phase = .secondMove
        let again = try await coordinator.start(
            tenant: MovePart.tenant,
            to: second.id,
            reason: "the demo's second move"
        )
        try await cutOver(again, "second cutover to the second store")
        book.phase = .afterTheSecondMove
        try await enough(.afterTheSecondMove)
    }

    /// Waits until enough appends of a phase were acknowledged.
    private func enough(_ phase: Phase) async throws {
        let start = ContinuousClock.now
        while true {
            let count = book.acknowledgedAppends(in: phase)
            if count >= MovePart.appendsPerPhase {
                return console.say("\(phase.title): \(Format.count(Int64(count))) appends acknowledged")
            }
            guard start.duration(to: .now) < .seconds(300) else {
                throw DemoFailure("only \(count) appends were acknowledged \(phase.title)")
            }
            console.show("\(phase.title): \(count) appends acknowledged")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Follows a migration until its target follows, goes on writing for a while, and cuts over.
    private func cutOver(_ id: MigrationID, _ title: String) async throws {
        let phase = book.phase
        for try await status in coordinator.statusUpdates(of: id, every: .milliseconds(200)) {
            console.show(
                phase.title,
                done: status.eventsCopied,
                total: status.totalEvents,
                perSecond: status.itemsPerSecond ?? 0,
                remaining: status.estimatedRemaining
            )
            if status.state == .dualWrite { break }
            guard !status.state.isTerminal else {
                throw DemoFailure("the migration ended: \(status.migration.errorMessage ?? status.state.rawValue)")
            }
        }
        console.say("\(phase.title): the copy is done, the target follows every write")
        try await enough(phase)
        for attempt in 1...5 {
            let (inFlight, start) = (book.inFlight, book.now)
            do {
                try await coordinator.cutOver(id)
            } catch {
                guard attempt < 5, error.code == .timeout || error.code == .lag else { throw error }
                console.say("\(title): attempt \(attempt) was taken back: \(error.message)")
                continue
            }
            let end = book.now
            // The calls that were parked end a moment later; they belong to what the cutover was for the writers.
            try await Task.sleep(for: .milliseconds(100))
            let felt = CutoverFelt(title, inFlightAtStart: inFlight, from: start, to: end, book.calls)
            self.felt.withLock { $0.append(felt) }
            return console.say(felt.description)
        }
    }
}
