import CutoverDocumentCorpus
import CutoverMongoServer
import MigrationCore
import MongoAdapter
import Testing

@Suite("PyMongo on the same collection", .timeLimit(.minutes(5)), .needsMongod, .needsPyMongo, .mongod)
struct PeerTests {
    /// A document for every type of BSON, the deprecated ones included, and every document of the public corpus.
    private static func samples() throws -> [(id: String, document: Document)] {
        let values: [(String, Value)] = [
            ("double", .double(1.5)), ("string", "text"), ("document", .document(["a": 1])), ("array", [1, "b"]),
            ("binary", .binary(Binary(subtype: 4, bytes: Array(0..<16)))), ("undefined", .undefined),
            ("objectID", .objectID(ObjectID("5f4300010203040506070809")!)), ("bool", true),
            ("date", .date(WallTime(millisecondsSinceEpoch: -1))), ("null", .null),
            ("dbPointer", .dbPointer(DBPointer(namespace: "a.b", id: ObjectID("5f4300010203040506070809")!))),
            ("javaScript", .javaScript("f()")), ("symbol", .symbol("s")), ("int32", .int32(7)),
            ("timestamp", .timestamp(BSONTimestamp(seconds: 1, increment: 2))), ("int64", .int64(1 << 40)),
            ("minKey", .minKey), ("maxKey", .maxKey), ("_cutover", "the name of the hidden field"),
            ("zero timestamp", .timestamp(BSONTimestamp(seconds: 0, increment: 0))),
        ]
        var samples = values.map { (id: "value/\($0.0)", document: Document(uniqueFields: [($0.0, $0.1)])) }
        for file in try BSONCorpus.files() {
            for (number, example) in file.valid.enumerated() {
                let document = try Document(bson: try #require(Hex.bytes(example.canonical)))
                // Some have an `_id`, and not each its own.
                let fields = document.filter { $0.0 != "_id" }
                samples.append(("\(file)/\(number)", Document(uniqueFields: fields)))
            }
        }
        return samples
    }

    private func key(_ id: String) throws -> DocumentKey {
        DocumentKey(collection: "things", id: try DocumentID(.string(id)))
    }

    @Test("reads what the adapter wrote, byte for byte, for every type of BSON")
    func reads() async throws {
        let samples = try Self.samples()
        let database = MongodServer.databaseName()
        let store = try await TestBed.documents(in: database)
        for start in stride(from: 0, to: samples.count, by: 100) {
            let writes = try samples[start..<min(start + 100, samples.count)].map {
                DocumentWrite.put($0.document, to: try key($0.id), condition: .insert)
            }
            let outcomes = try await store.writeBatch(writes, order: .unordered)
            #expect(outcomes.allSatisfy { $0.isApplied })
        }
        let (isContent, output) = try await PyMongo.run(
            .check,
            uri: try #require(MongodServer.shared).uri(),
            database: database,
            collection: "things",
            samples: samples
        )
        #expect(isContent, "\(output)")
        #expect(output.contains("\(samples.count) documents, 0 wrong"), "\(output)")
        await TestBed.drop(database)
    }

    @Test("writes what the adapter reads, byte for byte, for every type of BSON")
    func writes() async throws {
        // The server replaces a timestamp of zero, and the hidden field is none of other programs.
        let samples = try Self.samples().filter { !["value/zero timestamp", "value/_cutover"].contains($0.id) }
        let database = MongodServer.databaseName()
        let (isContent, output) = try await PyMongo.run(
            .write,
            uri: try #require(MongodServer.shared).uri(),
            database: database,
            collection: "things",
            samples: samples
        )
        #expect(isContent, "\(output)")
        let store = try await TestBed.documents(in: database)
        let found = try await store.readEach(try samples.map { try key($0.id) })
        for (sample, stored) in zip(samples, found) {
            let stored = try #require(stored, "\(sample.id)")
            var expected = Document(uniqueFields: [("_id", .string(sample.id))])
            for (name, value) in sample.document { expected.append(name, value) }
            #expect(stored.document.bson == expected.bson, "\(sample.id)")
        }
        #expect(try await store.count("things") == samples.count)
        await TestBed.drop(database)
    }
}
