import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Binary content in Blob Storage")
struct BlobContentStoreTests {
    private static let block = 64 << 10

    private func store(_ blobs: FakeBlobs, readAhead: Int = 4) async throws -> BlobContentStore {
        var configuration = try blobs.configuration()
        configuration.readAheadPieces = readAhead
        configuration.prefix = "files/"
        configuration.blockBytes = Self.block
        return try await BlobContentStore.connect(id: "contents", configuration, in: AzureEnvironment(transport: blobs))
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func chunks(_ bytes: [UInt8], of size: Int) -> AsyncStream<[UInt8]> {
        AsyncStream { stream in
            for start in stride(from: 0, to: bytes.count, by: size) {
                stream.yield(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            stream.finish()
        }
    }

    @Test(
        "content comes back byte for byte, with type, metadata and checksum",
        arguments: [0, 1, block - 1, block, block + 1, 2 * block, 5 * block + 17]
    )
    func roundTrip(_ count: Int) async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        var options = BlobContentOptions()
        options.type = "image/png"
        options.metadata = ["owner": "ada", "Page_1": "a b"]
        let outcome = try await store.write("a/b c.png", bytes(count), options: options)
        let reader = try #require(try await store.read("a/b c.png"))
        #expect(try await reader.collect(maximumBytes: count) == bytes(count))
        let content = try #require(try await store.content("a/b c.png"))
        #expect(content == reader.content)
        #expect(content.etag == outcome.etag && content.byteCount == count && content.type == "image/png")
        #expect(content.metadata == ["owner": "ada", "page_1": "a b"])
        #expect(content.md5.map { Base64.text($0) } == ContentMD5.headerValue(of: bytes(count)))
        #expect(try await store.list("a/").contents == [content])
        #expect(blobs.state.withLock { $0.container?.keys.contains("files/a/b c.png") } == true)
    }

    @Test("chunks of any size make the same blocks", arguments: [1_000, block - 1, block, block + 1, 1 << 20])
    func chunkSizes(_ size: Int) async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        let content = bytes(4 * Self.block + 5)
        #expect(try await store.write("x", streaming: chunks(content, of: size)).isApplied)
        let staged = blobs.state.withLock { state in
            state.requests.filter { FakeCall($0)["comp"] == "block" }.map { FakeCall($0).bytes.count }
        }
        #expect(staged.sorted() == [5, Self.block, Self.block, Self.block, Self.block])
        #expect(try await store.read("x")?.collect(maximumBytes: content.count) == content)
    }

    @Test("a stream that throws leaves what was there, and its error is thrown")
    func failingStream() async throws {
        struct Torn: Error {}
        let store = try await store(FakeBlobs())
        _ = try await store.write("x", [1])
        let chunk = bytes(3 * Self.block)
        let stream = AsyncThrowingStream<[UInt8], any Error> { stream in
            stream.yield(chunk)
            stream.finish(throwing: Torn())
        }
        await #expect(throws: Torn.self) { try await store.write("x", streaming: stream) }
        #expect(try await store.read("x")?.collect(maximumBytes: 1) == [1])
    }

    @Test("conditions are kept, for content of one block and of several", arguments: [1, 3 * block])
    func conditions(_ count: Int) async throws {
        let store = try await store(FakeBlobs())
        func write(_ condition: WriteCondition) async throws -> WriteOutcome {
            var options = BlobContentOptions()
            options.condition = condition
            return try await store.write("x", bytes(count), options: options)
        }
        guard case .rejected(.notFound) = try await write(.replace) else { throw Wrong() }
        guard case .rejected(.notFound) = try await write(.ifMatches(ETag("\"0x1\""))) else { throw Wrong() }
        let first = try #require(try await write(.insert).etag)
        guard case .rejected(.exists) = try await write(.insert) else { throw Wrong() }
        let second = try #require(try await write(.ifMatches(first)).etag)
        guard case .rejected(.etagMismatch(second)) = try await write(.ifMatches(first)) else { throw Wrong() }
        guard case .rejected(.etagMismatch(second)) = try await write(.ifMatches(ETag("*"))) else { throw Wrong() }
        #expect(try await write(.replace).isApplied)
        guard case .rejected(.etagMismatch) = try await store.delete("x", ifMatches: second) else { throw Wrong() }
        #expect(try await store.delete("x").isApplied)
        guard case .rejected(.notFound) = try await store.delete("x") else { throw Wrong() }
    }

    private struct Wrong: Error {}

    @Test("a reply that was lost is found by its mark", arguments: [1, 3 * block])
    func lostReply(_ count: Int) async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        blobs.lose(1, applied: true) { $0.method == .put && FakeCall($0)["comp"] != "block" }
        let outcome = try await store.write("x", bytes(count))
        #expect(outcome.isApplied)
        #expect(try await store.content("x")?.etag == outcome.etag)
        blobs.lose(1, applied: false) { $0.method == .put && FakeCall($0)["comp"] != "block" }
        guard case .unknown(let error) = try await store.write("x", bytes(count)) else { throw Wrong() }
        #expect(error.context.store == "contents")
    }

    @Test("a range gives its bytes, those beyond the end left out")
    func ranges() async throws {
        let store = try await store(FakeBlobs())
        let content = bytes(1_000)
        _ = try await store.write("x", content)
        _ = try await store.write("empty", [])
        for range in [0..<1, 10..<20, 990..<2_000, 0..<1_000, 999..<1_000] {
            let found = try await store.read("x", range: range)?.collect(maximumBytes: 1_000)
            #expect(found == Array(content[range.clamped(to: 0..<1_000)]))
        }
        #expect(try await store.read("none", range: 0..<1) == nil ? true : false)
        #expect(try await store.read("empty")?.collect(maximumBytes: 0) == [])
        for (name, range) in [("x", 1_000..<1_001), ("x", 5..<5), ("x", -1..<1), ("empty", 1..<2)] {
            await #expect {
                try await store.read(name, range: range)
            } throws: {
                ($0 as? StoreError)?.code == .invalidArgument
            }
        }
    }

    @Test("a read of several pieces ends when the content is replaced, and never mixes two versions")
    func tornRead() async throws {
        let store = try await store(FakeBlobs(), readAhead: 0)
        let content = bytes((4 << 20) + 10)
        _ = try await store.write("x", content)
        let reader = try #require(try await store.read("x"))
        #expect(try await reader.collect(maximumBytes: content.count) == content)
        var iterator = reader.makeAsyncIterator()
        #expect(try await iterator.next()?.count == 4 << 20)
        _ = try await store.write("x", content)
        await #expect {
            _ = try await iterator.next()
        } throws: {
            ($0 as? StoreError)?.code == .versionConflict
        }
    }

    @Test("bytes that were damaged on their way, or where they lie, are corrupt")
    func checksums() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        _ = try await store.write("x", [1, 2, 3])
        blobs.state.withLock { $0.container?["files/x"]?.bytes = [1, 2, 4] }
        await #expect {
            _ = try await store.read("x")?.collect(maximumBytes: 3)
        } throws: {
            ($0 as? StoreError)?.code == .corrupt
        }
        // A part of it has a checksum of its own, which the service computes.
        #expect(try await store.read("x", range: 1..<3)?.collect(maximumBytes: 3) == [2, 4])
        blobs.state.withLock { state in
            state.after = { request in
                guard request.method == .get else { return nil }
                let headers: HTTPHeaders = [
                    "ETag": "\"0x1\"", "Content-Range": "bytes 1-2/3",
                    "Content-MD5": ContentMD5.headerValue(of: [2, 3]),
                ]
                return .success(HTTPResponse(status: 206, headers: headers, body: [2, 9]))
            }
        }
        await #expect {
            _ = try await store.read("x", range: 1..<3)
        } throws: {
            ($0 as? StoreError)?.code == .corrupt
        }
    }

    @Test("a writer that was overtaken while it uploaded blocks is told so")
    func overtaken() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        let stream = AsyncThrowingStream<[UInt8], any Error> { [content = bytes(3 * Self.block)] stream in
            stream.yield(content)
            stream.finish()
        }
        blobs.state.withLock { state in
            state.before = { request in
                FakeCall(request)["comp"] == "blocklist" ? .success(FakeBlobs.refusal(400, "InvalidBlockList")) : nil
            }
        }
        await #expect {
            _ = try await store.write("x", streaming: stream)
        } throws: {
            ($0 as? StoreError)?.code == .versionConflict
        }
    }

    @Test(
        "names, types and metadata that the service would refuse or change are refused",
        arguments: [
            "", "/a", "a/", "a//b", "a/./b", "..", "a.", "a\\b", "a\u{1}", String(repeating: "x", count: 1_100),
        ]
    )
    func badNames(_ name: String) async throws {
        let store = try await store(FakeBlobs())
        await #expect {
            _ = try await store.write(name, [1])
        } throws: {
            [.invalidKey, .keyTooLong].contains(($0 as? StoreError)?.code)
        }
        for metadata in [
            ["": "x"], ["1a": "x"], ["a-b": "x"], ["a": " x"], ["a": "\u{E9}"], ["a": "x\r\ny"], ["a": "x", "A": "y"],
            ["cutoverwrite": "x"], ["a": String(repeating: "x", count: 9_000)],
        ] {
            var options = BlobContentOptions()
            options.metadata = metadata
            await #expect {
                _ = try await store.write("x", [1], options: options)
            } throws: {
                ($0 as? StoreError)?.code == .invalidArgument
            }
        }
    }

    @Test("a listing has pages, which may be empty, in the order of the names")
    func listing() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        for name in ["b/2", "a/1", "b/1", "c"] { _ = try await store.write(name, [1]) }
        blobs.state.withLock { $0.sendsEmptyPages = true }
        var names: [String] = []
        var place: Continuation?
        repeat {
            let page = try await store.list("b/", after: place, pageSize: 1)
            names += page.contents.map(\.name)
            place = page.continuation
        } while place != nil
        #expect(names == ["b/1", "b/2"])
        let first = try await store.list("", pageSize: 1)
        await #expect {
            _ = try await store.list("b/", after: first.continuation)
        } throws: {
            ($0 as? StoreError)?.code == .invalidContinuation
        }
    }

    @Test("a closed store refuses calls and ends its readers")
    func closed() async throws {
        let store = try await store(FakeBlobs())
        _ = try await store.write("x", bytes((4 << 20) + 10))
        let reader = try #require(try await store.read("x"))
        await store.close()
        await #expect {
            _ = try await reader.collect(maximumBytes: 5 << 20)
        } throws: {
            ($0 as? StoreError)?.code == .closed
        }
    }
}
