import CutoverDocumentCorpus
import MigrationCore
import Testing

@Suite("The public BSON corpus")
struct BSONCorpusTests {
    @Test("the corpus is present wherever nothing may be skipped")
    func presence() throws {
        guard BSONCorpus.isRequired || BSONCorpus.folder != nil else { return }
        let files = try BSONCorpus.files()
        #expect(files.count >= 30, "CUTOVER_BSON_CORPUS must name the folder; Scripts/fetch-bson-corpus.sh makes one.")
        #expect(files.reduce(0) { $0 + $1.valid.count } > 600)
        #expect(files.reduce(0) { $0 + $1.decodeErrors.count } > 70)
    }

    @Test("canonical bytes are accepted, kept, and rebuilt from their values", .corpus)
    func canonicalBytes() throws {
        for file in try BSONCorpus.files() {
            for example in file.valid {
                let bytes = try #require(Hex.bytes(example.canonical))
                let document = try Document(bson: bytes)
                #expect(document.bson == bytes, "\(file): \(example.description)")
                #expect(Document(fields: document.map { $0 }).bson == bytes, "\(file): \(example.description)")
            }
        }
    }

    @Test("lax bytes are accepted and brought into canonical form", .corpus)
    func degenerateBytes() throws {
        var count = 0
        for file in try BSONCorpus.files() {
            for example in file.valid {
                guard let degenerate = example.degenerate else { continue }
                count += 1
                let document = try Document(bson: try #require(Hex.bytes(degenerate)))
                #expect(document.bson == Hex.bytes(example.canonical), "\(file): \(example.description)")
            }
        }
        #expect(count > 0)
    }

    @Test("what is no document is refused with an offset inside the bytes", .corpus)
    func decodeErrors() throws {
        for file in try BSONCorpus.files() {
            for example in file.decodeErrors {
                let bytes = try #require(Hex.bytes(example.bson))
                let error = #expect(throws: DocumentError.self, "\(file): \(example.description)") {
                    try Document(bson: bytes)
                }
                #expect(error?.byteOffset.map { (0...bytes.count).contains($0) } == true)
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Runs where CUTOVER_BSON_CORPUS names a folder.
    static var corpus: Self {
        .enabled(if: BSONCorpus.folder != nil, "CUTOVER_BSON_CORPUS names no folder with the corpus")
    }
}
