internal import MigrationCore

/// A writer of the application: appends an event to one of its streams, reads it back, and goes on until it is told to stop.
///
/// It knows nothing of stores, routes or moves: it holds an `EventStore`. A version that it expects belongs to it alone, so
/// any lost, doubled or reordered event of its streams makes its next append fail.
struct Writer {
    /// An event that the application was told is stored.
    struct Acknowledgement: Sendable {
        let writer: Int
        let id: EventID
        let stream: StreamID
        let version: Int64
        let position: Int64
    }

    /// What one writer did.
    struct Diary: Sendable {
        var acknowledged: [Acknowledgement] = []
        /// Events whose append failed for good, so that nobody knows whether they are stored.
        var unresolved: [EventID] = []
    }

    /// A stream and the version that it has.
    struct Place: Sendable {
        let stream: StreamID
        var version: Int64
    }

    let number: Int
    let store: any EventStore
    let tenant: TenantID
    let book: CallBook

    /// Writes until the book is closed; the call that is under way then is finished first.
    func run(_ places: [Place], seed: UInt64) async -> Diary {
        var diary = Diary()
        var places = places
        var random = SeededRandom(seed: seed)
        while !book.isClosed {
            let index = Int(random.next() % UInt64(places.count))
            let event = release(of: places[index], &random)
            guard let result = await append(event, to: places[index]) else {
                diary.unresolved.append(event.id)
                return diary
            }
            places[index].version += 1
            diary.acknowledged.append(
                Acknowledgement(
                    writer: number,
                    id: event.id,
                    stream: places[index].stream,
                    version: places[index].version,
                    position: result.positions.upperBound
                )
            )
            await readBack(event, at: places[index])
            try? await Task.sleep(for: .microseconds(random.next() % 4_000))
        }
        return diary
    }

    /// Appends with the same event until there is an answer: repeating an append is harmless.
    private func append(_ event: NewEvent, to place: Place) async -> AppendResult? {
        for _ in 0..<10 {
            do {
                return try await book.timing(append: true) {
                    try await store.append(
                        [event],
                        to: place.stream,
                        expected: .exact(place.version),
                        tenant: tenant
                    )
                }
            } catch {
                book.note("writer \(number), append at version \(place.version): \(String(reflecting: error))")
            }
        }
        return nil
    }

    private func readBack(_ event: NewEvent, at place: Place) async {
        do {
            let found = try await book.timing(append: false) {
                try await store.readStream(place.stream, tenant: tenant, from: .last, limit: 1)
            }
            guard found.first?.id == event.id, found.first?.version == place.version else {
                return book.note("writer \(number) read back something else than it had just written")
            }
        } catch {
            book.note("writer \(number), read: \(String(reflecting: error))")
        }
    }

    private func release(of place: Place, _ random: inout SeededRandom) -> NewEvent {
        NewEvent(
            id: EventID(high: random.next(), low: random.next()),
            type: "VersionReleased",
            occurredAt: .now(),
            actor: "Writer \(number) <writer-\(number)@example.org>",
            payload: [
                "source": .string(place.stream.text), "version": .string("\(place.version + 1)-live"),
                "distributions": ["unstable"], "urgency": "low",
                "changes": [.string("* Written while the tenant moves, number \(random.next() % 1_000_000).")],
            ]
        )
    }
}
