import CutoverDocumentCorpus
import CutoverMongoServer
import InMemoryAdapter
import MigrationCore
import MongoAdapter
import Testing

@Suite("The public BSON corpus in MongoDB", .timeLimit(.minutes(5)), .needsMongod, .mongod)
struct CorpusTests {
    /// Every document of the corpus, under a key of its own.
    private static func samples() throws -> [(key: DocumentKey, document: Document)] {
        var samples: [(DocumentKey, Document)] = []
        for file in try BSONCorpus.files() {
            for (number, example) in file.valid.enumerated() {
                let bytes = try #require(Hex.bytes(example.canonical))
                let document = try Document(bson: bytes)
                // Some have an `_id`, and not each its own: it is taken out, or the key would have to be it.
                let fields = document.filter { $0.0 != "_id" }
                let id = try DocumentID(.string("\(file)/\(number)"))
                samples.append((DocumentKey(collection: "corpus", id: id), Document(uniqueFields: fields)))
            }
        }
        return samples
    }

    @Test(
        "what is inserted, read, scanned and copied into another database comes back byte for byte",
        .enabled(if: BSONCorpus.isRequired || BSONCorpus.folder != nil, "CUTOVER_BSON_CORPUS names no folder")
    )
    func bytes() async throws {
        let samples = try Self.samples()
        #expect(samples.count > 600)
        let databases = [MongodServer.databaseName(), MongodServer.databaseName()]
        let source = try await TestBed.documents(in: databases[0])
        let target = try await MongoDocumentStore.open(
            "target",
            on: try await TestBed.connection(),
            database: databases[1]
        )
        let writes = samples.map { DocumentWrite.put($0.document, to: $0.key, condition: .insert) }
        for start in stride(from: 0, to: writes.count, by: 100) {
            let outcomes = try await source.writeBatch(
                Array(writes[start..<min(start + 100, writes.count)]),
                order: .unordered
            )
            #expect(outcomes.allSatisfy { $0.isApplied })
        }
        let copier = DocumentCopier(
            source: source,
            target: target,
            checkpoints: CheckpointStore(InMemoryDocumentStore(id: "control"))
        )
        let report = try await copier.copy("corpus", job: "corpus")
        #expect(report.isComplete)
        #expect(report.counts.failed == 0)
        let expected = Dictionary(uniqueKeysWithValues: samples.map { ($0.key, $0.document.bson) })
        for store in [source, target] {
            for (sample, stored) in zip(samples, try await store.readEach(samples.map(\.key))) {
                let stored = try #require(stored)
                #expect(stored.document.bson == sample.document.bson, "\(store.database) \(sample.key)")
            }
            var found: [DocumentKey: [UInt8]] = [:]
            var place: Continuation?
            repeat {
                let page = try await store.scan(ScanRange("corpus"), after: place, pageSize: 100)
                for stored in page.documents { found[stored.key] = stored.document.bson }
                place = page.continuation
            } while place != nil
            #expect(found == expected)
        }
        for database in databases { await TestBed.drop(database) }
    }
}
