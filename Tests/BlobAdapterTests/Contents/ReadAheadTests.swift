import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

/// What a reader does before its pieces are asked for.
@Suite("Reading binary content ahead", .timeLimit(.minutes(1)))
struct ReadAheadTests {
    private static let piece = 16 << 10

    private struct Bed {
        let blobs = FakeBlobs()
        let gate = Gate()
        let store: BlobContentStore
        let content: [UInt8]

        init(pieces: Int, readAhead: Int) async throws {
            var configuration = try blobs.configuration()
            configuration.readAheadPieces = readAhead
            configuration.pieceBytes = ReadAheadTests.piece
            store = try await BlobContentStore.connect(
                id: "contents",
                configuration,
                in: AzureEnvironment(transport: blobs)
            )
            content = (0..<pieces).flatMap { number in
                [UInt8](repeating: UInt8(number + 1), count: number == pieces - 1 ? 17 : ReadAheadTests.piece)
            }
            #expect(try await store.write("x", content).isApplied)
        }

        /// From now on reads of pieces behind the first wait for the gate.
        func holdPieces() {
            blobs.state.withLock { state in
                state.hold = { [gate] request in
                    guard let range = FakeCall(request).range, range.lowerBound > 0 else { return }
                    await gate.pass(range.lowerBound / ReadAheadTests.piece)
                }
            }
        }

        var piecesRead: Int {
            blobs.state.withLock { $0.requests.count { ($0.method == .get) && FakeCall($0).range != nil } }
        }
    }

    /// Lets requests through by number, and counts those that wait.
    private final class Gate: Sendable {
        private struct State {
            var waiting: Set<Int> = []
            var open: Set<Int> = []
            var most = 0
        }

        private let state = Locked(State())

        var waiting: Set<Int> { state.withLock { $0.waiting } }
        /// How many have waited together.
        var most: Int { state.withLock { $0.most } }

        func open(_ numbers: Int...) { state.withLock { $0.open.formUnion(numbers) } }

        func pass(_ number: Int) async {
            state.withLock { state in
                state.waiting.insert(number)
                state.most = max(state.most, state.waiting.count)
            }
            while !Task.isCancelled, !state.withLock({ $0.open.contains(number) }) {
                try? await Task.sleep(for: .milliseconds(1))
            }
            state.withLock { _ = $0.waiting.remove(number) }
        }

        func until(_ condition: (Set<Int>) -> Bool) async throws {
            while !condition(waiting) { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("pieces are under way side by side, no more than configured, and come in their order", arguments: [1, 3])
    func order(_ readAhead: Int) async throws {
        let bed = try await Bed(pieces: 6, readAhead: readAhead)
        bed.holdPieces()
        let reader = try #require(try await bed.store.read("x"))
        #expect(bed.gate.waiting.isEmpty)
        var iterator = reader.makeAsyncIterator()
        var bytes = try #require(try await iterator.next())
        // They are there before the second piece is asked for.
        try await bed.gate.until { $0.count == readAhead }
        #expect(bed.gate.waiting == Set(1...readAhead))
        // The last of them is answered first.
        for number in (1...5).reversed() { bed.gate.open(number) }
        while let piece = try await iterator.next() { bytes += piece }
        #expect(bytes == bed.content)
        #expect(bed.gate.most == readAhead)
        #expect(bed.piecesRead == 6)
        await bed.store.close()
    }

    @Test("nothing is read ahead where that is asked for, and nothing behind the end of a range")
    func bounds() async throws {
        let bed = try await Bed(pieces: 5, readAhead: 0)
        var iterator = try #require(try await bed.store.read("x")).makeAsyncIterator()
        for number in 1...5 {
            #expect(try await iterator.next() != nil)
            try await Task.sleep(for: .milliseconds(5))
            #expect(bed.piecesRead == number)
        }
        let ahead = try await Bed(pieces: 5, readAhead: 4)
        let range = Self.piece - 5..<Self.piece * 2
        let found = try await ahead.store.read("x", range: range)?.collect(maximumBytes: range.count)
        #expect(found == Array(ahead.content[range]))
        #expect(ahead.piecesRead == 2)
        for bed in [bed, ahead] { await bed.store.close() }
    }

    @Test("content that is replaced meanwhile ends the read: what came before is all of one version")
    func replaced() async throws {
        let bed = try await Bed(pieces: 6, readAhead: 2)
        var iterator = try #require(try await bed.store.read("x")).makeAsyncIterator()
        var bytes = try #require(try await iterator.next())
        while bed.piecesRead < 3 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await bed.store.write("x", bed.content.map { $0 &+ 100 }).isApplied)
        let error = await #expect(throws: StoreError.self) {
            while let piece = try await iterator.next() { bytes += piece }
        }
        #expect(error?.code == .versionConflict)
        #expect(bytes == Array(bed.content.prefix(bytes.count)) && bytes.count < bed.content.count)
        #expect(try await iterator.next() == nil)
        await bed.store.close()
    }

    @Test("who stops reading, or is cancelled, ends what is under way")
    func ended() async throws {
        let bed = try await Bed(pieces: 6, readAhead: 3)
        bed.holdPieces()
        let reader = try #require(try await bed.store.read("x"))
        do {
            var iterator = reader.makeAsyncIterator()
            _ = try await iterator.next()
            try await bed.gate.until { $0.count == 3 }
            withExtendedLifetime(iterator) {}
        }
        try await bed.gate.until(\.isEmpty)
        let reading = Task { try await reader.collect(maximumBytes: .max) }
        try await bed.gate.until { $0.count == 3 }
        reading.cancel()
        let error = await #expect(throws: StoreError.self) { try await reading.value }
        #expect(error?.code == .cancelled)
        try await bed.gate.until(\.isEmpty)
        await bed.store.close()
    }
}
