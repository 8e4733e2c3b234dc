import CutoverAzureServer
import MigrationCore
import Testing

@testable import BlobAdapter

/// What the service keeps beside bytes, over HTTP against the emulator: leases, tags, metadata, and removals of many.
@Suite("Contents of Blob Storage over HTTP", .timeLimit(.minutes(2)), .needsAzureEmulator, .azureEmulator)
struct BlobContentServiceTests {
    private let container = AzureServer.freshName()

    private func connect() async throws -> BlobContentStore {
        let server = try #require(AzureServer.shared)
        var configuration = try BlobConfiguration(connectionString: server.storage, container: container)
        configuration.createsContainer = true
        configuration.blockBytes = 64 << 10
        return try await BlobContentStore.connect(id: "contents", configuration)
    }

    private func fault(_ method: String, _ query: String, _ effect: AzureServer.Effect) async throws {
        var fault = AzureServer.Fault("blob", method, path: "*/\(container)*", query: query, effect)
        fault.next = 1
        try await #require(AzureServer.shared).add([fault])
    }

    // MARK: Leases

    @Test("who holds the lease writes, and nobody else does until it is released")
    func exclusive() async throws {
        let store = try await connect()
        _ = try await store.write("a", [1])
        let lease = try #require(try await store.acquireLease(of: "a", for: nil))
        #expect(try await store.acquireLease(of: "a") == nil)
        let refused = await #expect(throws: StoreError.self) { try await store.write("a", [2]) }
        #expect(refused?.code == .busy)
        // Blocks are refused as well, before the content is complete.
        let large = [UInt8](repeating: 7, count: 150 << 10)
        let refusal = await #expect(throws: StoreError.self) { try await store.write("a", large) }
        #expect(refusal?.code == .busy)
        var options = BlobContentOptions()
        options.lease = lease
        #expect(try await store.write("a", large, options: options).isApplied)
        #expect(try await store.setMetadata(["k": "v"], of: "a", lease: lease).isApplied)
        #expect(try await store.renew(lease))
        try await store.release(lease)
        try await store.release(lease)
        #expect(try await !store.renew(lease))
        let late = await #expect(throws: StoreError.self) { try await store.write("a", [3], options: options) }
        #expect(late?.code == .versionConflict)
        #expect(try await store.read("a")?.collect(maximumBytes: large.count) == large)
        #expect(try await store.delete("a").isApplied)
        await store.close()
    }

    @Test("a lease whose reply was lost is acquired once")
    func lostReply() async throws {
        let store = try await connect()
        _ = try await store.write("a", [1])
        try await fault("PUT", "*comp=lease*", .replyLost)
        let lease = try #require(try await store.acquireLease(of: "a"))
        #expect(try await store.delete("a", lease: lease).isApplied)
        await store.close()
    }

    @Test("a broken lease is lost to its holder, and what is missing or wrong is refused by name")
    func broken() async throws {
        let store = try await connect()
        _ = try await store.write("a", [1])
        #expect(try await store.breakLease(of: "a") == .zero)
        let lease = try #require(try await store.acquireLease(of: "a", for: .seconds(15)))
        #expect(try await store.breakLease(of: "a", within: .seconds(10)) <= .seconds(10))
        #expect(try await store.breakLease(of: "a") == .zero)
        #expect(try await !store.renew(lease))
        for duration in [Duration.seconds(14), .seconds(61), .milliseconds(15_500)] {
            let error = await #expect(throws: StoreError.self) { try await store.acquireLease(of: "a", for: duration) }
            #expect(error?.code == .invalidArgument)
        }
        let error = await #expect(throws: StoreError.self) { try await store.acquireLease(of: "nothing") }
        #expect(error?.code == .invalidArgument)
        #expect(!"\(lease)".contains(lease.id) && !String(reflecting: lease).contains(lease.id))
        await store.close()
    }

    @Test("a lease is lent, renewed meanwhile and given back; a body whose lease is broken is cancelled")
    func lent() async throws {
        let store = try await connect()
        _ = try await store.write("a", [1])
        let written = try await store.withLease(of: "a", for: .seconds(15)) { lease in
            #expect(try await store.withLease(of: "a") { _ in true } == nil)
            var options = BlobContentOptions()
            options.lease = lease
            return try await store.write("a", [2], options: options).isApplied
        }
        #expect(written == true)
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await store.withLease(of: "a") { _ in throw Failure() } }
        #expect(try await store.write("a", [3]).isApplied)
        let error = await #expect(throws: StoreError.self) {
            try await store.withLease(of: "a", for: .seconds(15)) { _ in
                _ = try await store.breakLease(of: "a")
                try await Task.sleep(for: .seconds(60))
            }
        }
        #expect(error?.code == .versionConflict)
        await store.close()
    }

    // MARK: Tags and metadata

    @Test("tags are written with content, replaced beside it, read, and searched")
    func tags() async throws {
        let store = try await connect()
        var options = BlobContentOptions()
        options.tags = try BlobTags(["kind": "offer", "of": "a + b/c: 1=2"])
        let outcome = try await store.write("a", [UInt8](repeating: 1, count: 150 << 10), options: options)
        _ = try await store.write("b", [1], options: options)
        #expect(try await store.tags(of: "a") == options.tags)
        #expect(try await store.tags(of: "nothing") == nil)
        var names: [String] = []
        var place: Continuation?
        repeat {
            let page = try await store.search(options.tags, after: place, pageSize: 1)
            names += page.names
            place = page.continuation
        } while place != nil
        #expect(names.sorted() == ["a", "b"])
        let new = try BlobTags(["kind": "bid"])
        try await fault("PUT", "*comp=tags*", .replyLost)
        #expect(try await store.setTags(new, of: "a").isApplied)
        #expect(try await store.tags(of: "a") == new)
        #expect(try await store.content("a")?.etag == outcome.etag)
        guard case .rejected(.notFound) = try await store.setTags(new, of: "nothing") else {
            Issue.record("tags of nothing were set")
            return
        }
        #expect(try await store.setTags(BlobTags(), of: "a").isApplied)
        #expect(try await store.tags(of: "a") == BlobTags())
        await store.close()
    }

    @Test("tags that the service does not take are refused before they are sent")
    func tagLimits() throws {
        for values in [["": "v"], ["k!": "v"], ["k": "a&b"], ["k": String(repeating: "v", count: 257)]] {
            #expect(throws: StoreError.self) { try BlobTags(values) }
        }
        let eleven = Dictionary(uniqueKeysWithValues: (0..<11).map { ("k\($0)", "v") })
        #expect(throws: StoreError.self) { try BlobTags(eleven) }
    }

    @Test("metadata is replaced under a version, once, also when the reply is lost")
    func metadata() async throws {
        let store = try await connect()
        var options = BlobContentOptions()
        options.type = "text/plain"
        options.metadata = ["old": "1"]
        let first = try #require(try await store.write("a", [1, 2], options: options).etag)
        try await fault("PUT", "*comp=metadata*", .replyLost)
        let second = try #require(try await store.setMetadata(["new": "2"], of: "a", ifMatches: first).etag)
        let content = try #require(try await store.content("a"))
        #expect(content.etag == second && content.metadata == ["new": "2"] && content.type == "text/plain")
        #expect(try await store.read("a")?.collect(maximumBytes: 2) == [1, 2])
        guard case .rejected(.etagMismatch(let current)) = try await store.setMetadata([:], of: "a", ifMatches: first)
        else {
            Issue.record("an old version was replaced")
            return
        }
        #expect(current == second)
        guard case .rejected(.notFound) = try await store.setMetadata([:], of: "nothing") else {
            Issue.record("metadata of nothing was set")
            return
        }
        await store.close()
    }

    // MARK: Removals of many

    @Test("many contents are removed together, each with its own outcome", arguments: [1, 256, 257])
    func removals(count: Int) async throws {
        let store = try await connect()
        let names = (0..<count).map { "many/\($0) \u{E4}" }
        try await withThrowingTaskGroup { group in
            for start in 0..<8 {
                group.addTask {
                    for index in stride(from: start, to: count, by: 8) { _ = try await store.write(names[index], [1]) }
                }
            }
            try await group.waitForAll()
        }
        let kept = try #require(try await store.write("kept", [1]).etag)
        _ = try await store.write("kept", [2])
        var removals = names.map { BlobRemoval($0) }
        removals += [
            BlobRemoval("nothing"), BlobRemoval("kept", ifMatches: kept), BlobRemoval("kept", ifMatches: ETag("x")),
        ]
        let outcomes = try await store.delete(removals)
        #expect(outcomes.count == count + 3)
        #expect(outcomes.prefix(count).allSatisfy { $0.isApplied })
        guard case .rejected(.notFound) = outcomes[count], case .rejected(.etagMismatch(let tag)) = outcomes[count + 1],
            case .rejected(.etagMismatch(tag)) = outcomes[count + 2]
        else {
            Issue.record("unexpected outcomes \(outcomes.suffix(3))")
            return
        }
        #expect(try await store.list().contents.map(\.name) == ["kept"])
        await store.close()
    }

    @Test("a batch whose reply was lost leaves no removal as applied that nobody has seen")
    func lostBatch() async throws {
        let store = try await connect()
        let tag = try await store.write("a", [1]).etag
        _ = try await store.write("b", [1])
        try await fault("POST", "*comp=batch*", .replyLost)
        let outcomes = try await store.delete([BlobRemoval("a", ifMatches: tag)])
        guard case .unknown? = outcomes.first else {
            Issue.record("unexpected outcome \(outcomes)")
            return
        }
        #expect(try await store.list().contents.map(\.name) == ["b"])
        try await fault("POST", "*comp=batch*", .busy)
        #expect(try await store.delete([BlobRemoval("b")]).first?.isApplied == true)
        let error = await #expect(throws: StoreError.self) { try await store.delete([BlobRemoval]()) }
        #expect(error?.code == .emptyBatch)
        await store.close()
    }
}
