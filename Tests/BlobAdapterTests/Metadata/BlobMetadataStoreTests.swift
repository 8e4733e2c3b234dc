import CutoverAzureTransport
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Documents that are the metadata of blobs")
struct BlobMetadataStoreTests {
    private func store(
        _ blobs: FakeBlobs,
        folders: [CollectionName: String] = ["files": "tenders/"]
    ) async throws -> BlobMetadataStore {
        try await BlobMetadataStore.connect(
            id: "metadata",
            try blobs.configuration(),
            folders: folders,
            in: AzureEnvironment(transport: blobs)
        )
    }

    private let key = DocumentKey(collection: "files", partition: ["17"], id: "Angebot M\u{E4}rz.pdf")
    private let name: BlobName = "tenders/17/Angebot M\u{E4}rz.pdf"

    private func upload(_ blobs: FakeBlobs, _ metadata: [String: String]) {
        blobs.state.withLock { state in
            var headers = HTTPHeaders()
            for (name, value) in metadata { headers["x-ms-meta-\(name)"] = value }
            let tag = state.tag()
            state.container?[name] = FakeBlobs.Blob(bytes: [1, 2, 3], etag: tag, headers: headers)
        }
    }

    @Test("what another program noted about its files is read, by the keys that one expects")
    func foreign() async throws {
        let blobs = FakeBlobs()
        upload(blobs, ["Owner": "ada", "status": "new"])
        let store = try await store(blobs)
        let document: Document = ["owner": "ada", "status": "new"]
        let read = try #require(try await store.read(key))
        #expect(read.document == document)
        let page = try await store.scan(ScanRange("files"), after: nil, pageSize: 10)
        #expect(page.documents == [read])
        #expect(try await store.collections().map(\.name) == ["files"])
        #expect(try await store.count("files", partition: ["17"], where: .all) == 1)
        #expect(try await store.count("files", partition: .unpartitioned, where: .all) == 0)
    }

    @Test("writing and deleting a document leaves the content of its blob as it is")
    func content() async throws {
        let blobs = FakeBlobs()
        upload(blobs, [:])
        let store = try await store(blobs)
        #expect(try await store.read(key) == nil)
        #expect(try await store.write(["status": "new", "pages": 7], to: key, condition: .insert).isApplied)
        #expect(try await store.patch(key, [.increment("pages", by: 1)]).isApplied)
        #expect(try await store.read(key)?.document == ["status": "new", "pages": 8])
        #expect(try await store.delete(key).isApplied)
        #expect(try await store.read(key) == nil)
        #expect(try await store.count("files") == 0)
        #expect(blobs.state.withLock { $0.container?[name]?.bytes } == [1, 2, 3])
    }

    @Test("a document without content makes an empty blob, which goes with it; content that came since stays")
    func placeholder() async throws {
        let blobs = FakeBlobs()
        let store = try await store(blobs)
        _ = try await store.write(["status": "expected"], to: key)
        #expect(blobs.state.withLock { $0.container?[name]?.bytes } == [])
        _ = try await store.write(["status": "late"], to: key)
        #expect(try await store.delete(key).isApplied)
        #expect(blobs.state.withLock { $0.container?[name] == nil })
        _ = try await store.write(["status": "expected"], to: key)
        upload(blobs, ["status": "here"])
        #expect(try await store.delete(key).isApplied)
        #expect(blobs.state.withLock { $0.container?[name]?.bytes } == [1, 2, 3])
    }

    @Test("a write or delete whose reply was lost is found by its mark")
    func lostReplies() async throws {
        let blobs = FakeBlobs()
        upload(blobs, [:])
        let store = try await store(blobs)
        blobs.lose(1, applied: true)
        #expect(try await store.write(["n": 1], to: key).isApplied)
        blobs.lose(1, applied: true)
        #expect(try await store.patch(key, [.increment("n", by: 1)]).isApplied)
        #expect(try await store.read(key)?.document == ["n": 2])
        blobs.lose(1, applied: true)
        #expect(try await store.delete(key).isApplied)
    }

    @Test("documents that fit come back exactly, and larger ones are refused by name")
    func exact() throws {
        var many = Document()
        for number in 0..<300 { many.append("f\(number)", .null) }
        let documents: [Document] = [
            [:], ["a": "x"], ["b": "x", "a": "y"], ["a": 1], ["A": "x"], ["a": ""], ["a": " x"], ["a": "\u{E9}"],
            ["cutoverx": "y"],
            ["z": .double(-0.0), "a": "b", "m": ["k": .null]], ["a.b": "x"], ["1": "x"], many,
            ["a": .string(String(repeating: "x", count: 5_000))],
        ]
        for document in documents {
            let entries = try MetadataForm.entries(of: document, key)
            #expect(MetadataForm.isDocument(entries))
            #expect(try MetadataForm.document(entries).bson == document.bson)
        }
        #expect {
            try MetadataForm.entries(of: ["a": .string(String(repeating: "\u{E9}", count: 5_000))], key)
        } throws: {
            ($0 as? StoreError)?.code == .documentTooLarge
        }
        #expect(throws: DocumentError.self) { try MetadataForm.document(["cutovershape": "?"]) }
    }

    @Test("different keys have different names, which lead back, and hold nothing that the service changes")
    func names() throws {
        let names = MetadataNames(prefix: "", folders: ["files": "tenders/"])
        let texts = [
            "", " ", ".", "..", "a.", ".a", "a/b", "a\\b", "~", "~41", "~j", "~e", "~7E", "A", "a", "\u{E9}",
            "e\u{301}", "a\u{0}b", "a\u{85}",
            "\u{1F680}", "\u{FFFF}", "a\u{FFFE}b", "null", "a b", "%41", "?", "#",
        ]
        var partitions: [PartitionKey] = [
            .unpartitioned, [.absent], [nil], [true], [1], [1.5], ["a", "b"], ["a", "b", "c"], ["a", .absent],
        ]
        partitions += texts.map { PartitionKey(.string($0)) }
        var ids = texts.map { DocumentID($0) }
        for value in [.int32(7), .int64(7), .bool(true), .null] as [Value] { ids.append(try DocumentID(value)) }
        var seen: Set<[UInt8]> = []
        for collection in ["files", "c", "C"] as [CollectionName] {
            for partition in partitions {
                for id in ids {
                    let key = DocumentKey(collection: collection, partition: partition, id: id)
                    let name = try names.name(of: key)
                    #expect(seen.insert(Array(name.utf8)).inserted)
                    #expect(names.key(of: name, in: collection) == key)
                    #expect(
                        name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                            !$0.isEmpty && $0.last != "."
                        }
                    )
                }
            }
        }
        for name in ["tenders/a/b/c/d/e", "tenders/", "tenders//a", "tenders/~41", "other/a"] {
            #expect(names.key(of: name, in: "files") == nil)
        }
    }

    @Test("folders that lie in each other are refused")
    func folders() async throws {
        for folders in [["a": "x/", "b": "x/y/"], ["a": "x"], ["a": "/x/"], ["a": "", "b": "x/"]]
            as [[CollectionName: String]]
        {
            await #expect {
                _ = try await store(FakeBlobs(), folders: folders)
            } throws: {
                ($0 as? StoreError)?.code == .invalidConfiguration
            }
        }
    }
}
