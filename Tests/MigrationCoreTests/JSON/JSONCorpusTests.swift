import CutoverDocumentCorpus
import Testing

@testable import MigrationCore

@Suite("JSON corpora")
struct JSONCorpusTests {
    @Test("an accepted text is written as its sample says, in both modes", arguments: DocumentCorpus.valid)
    func valid(_ sample: ValidSample) throws {
        let document = try Document(json: sample.json)
        #expect(document.json(.canonical) == sample.canonical)
        #expect(document.json(.relaxed) == sample.relaxed)
        #expect(document.description == sample.relaxed)
    }

    @Test("what is written is valid BSON and reads back as the same bytes", arguments: DocumentCorpus.valid)
    func roundTrip(_ sample: ValidSample) throws {
        let document = try Document(json: sample.json)
        #expect(try Document(bson: document.bson) == document)
        #expect(try Document(json: document.jsonBytes(.canonical)) == document)
        let relaxed = try Document(json: document.jsonBytes(.relaxed))
        #expect(relaxed.json(.relaxed) == sample.relaxed)
    }

    @Test("a refused text names the kind of error and the offset", arguments: DocumentCorpus.invalid)
    func invalid(_ sample: InvalidSample) throws {
        let error = #expect(throws: DocumentError.self) { try Document(json: sample.bytes) }
        #expect(error?.code == sample.code)
        #expect(error?.byteOffset == sample.offset)
    }

    @Test("every prefix of an accepted text is an error with an offset inside it", arguments: DocumentCorpus.valid)
    func prefixes(_ sample: ValidSample) throws {
        let bytes = Array(sample.json.utf8)
        let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
        for length in 0..<min(end, 400) {
            let error = #expect(throws: DocumentError.self) { try Document(json: bytes[..<length]) }
            #expect((0...length).contains(error?.byteOffset ?? -1))
        }
    }

    @Test("every reason to refuse a text has a sample, or a test of the limits")
    func reasons() {
        var seen: Set<String> = []
        for sample in DocumentCorpus.invalid {
            do throws(DocumentError) {
                _ = try Document(json: sample.bytes)
            } catch {
                seen.insert(error.message)
            }
        }
        #expect(JSONFault.Reason.allCases.filter { !seen.contains($0.message) } == [.tooLarge])
    }
}
