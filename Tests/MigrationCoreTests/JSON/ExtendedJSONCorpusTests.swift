import CutoverDocumentCorpus
import Foundation
import MigrationCore
import Testing

@Suite("The public BSON corpus as Extended JSON")
struct ExtendedJSONCorpusTests {
    @Test("canonical bytes are written as the canonical and relaxed texts", .corpus)
    func writing() throws {
        for file in try BSONCorpus.files() {
            for example in file.valid {
                let document = try Document(bson: #require(Hex.bytes(example.canonical)))
                try expect(document.json(.canonical), example.canonicalJSON, "\(file): \(example.description)")
                if let relaxed = example.relaxedJSON {
                    try expect(document.json(.relaxed), relaxed, "\(file): \(example.description)")
                }
            }
        }
    }

    @Test("canonical and lax texts are read as the canonical bytes", .corpus)
    func reading() throws {
        for file in try BSONCorpus.files() {
            for example in file.valid {
                for text in [example.canonicalJSON, example.degenerateJSON].compactMap(\.self) {
                    let document = try Document(json: text)
                    try expect(document.json(.canonical), example.canonicalJSON, "\(file): \(example.description)")
                    if example.isLossy != true {
                        #expect(document.bson == Hex.bytes(example.canonical), "\(file): \(example.description)")
                    }
                }
            }
        }
    }

    @Test("relaxed texts are read so that they are written the same way", .corpus)
    func relaxed() throws {
        var count = 0
        for file in try BSONCorpus.files() {
            for example in file.valid {
                guard let relaxed = example.relaxedJSON else { continue }
                count += 1
                try expect(Document(json: relaxed).json(.relaxed), relaxed, "\(file): \(example.description)")
            }
        }
        #expect(count > 0)
    }

    @Test("a document is said not to fit into JSON only where the corpus says that it loses something", .corpus)
    func exactness() throws {
        var refused = 0
        for file in try BSONCorpus.files() {
            for example in file.valid {
                let name = "\(file): \(example.description)"
                let document = try Document(bson: #require(Hex.bytes(example.canonical)))
                var bytes: [UInt8] = []
                do throws(DocumentError) {
                    try ExtendedJSON.writeExactly(document, into: &bytes)
                    #expect(try Document(json: bytes) == document, "\(name)")
                } catch {
                    refused += 1
                    #expect(example.isLossy == true, "\(name)")
                    #expect(bytes.isEmpty, "\(name)")
                }
            }
        }
        #expect(refused > 5)
    }

    @Test("decimal texts are read and written alike", .corpus)
    func decimals() throws {
        var count = 0
        for file in try BSONCorpus.files() where file.type == "0x13" {
            for example in file.valid {
                count += 1
                let name = "\(file): \(example.description)"
                guard case .decimal128(let number) = try Document(json: example.canonicalJSON)["d"] else {
                    Issue.record("\(name) holds no decimal")
                    continue
                }
                #expect(Decimal128(number.description) == number, "\(name)")
            }
        }
        #expect(count > 500)
    }

    @Test("what the corpus calls a parse error is refused, with an offset inside the text", .corpus)
    func parseErrors() throws {
        var count = 0
        for file in try BSONCorpus.files() {
            for example in file.parseErrors {
                count += 1
                var text = example.string
                if file.type == "0x13" {
                    #expect(Decimal128(text) == nil, "\(file): \(example.description)")
                    text = "{\"d\":{\"$numberDecimal\":" + (["s": .string(text)] as Document).json().dropFirst(5) + "}"
                }
                let error = #expect(throws: DocumentError.self, "\(file): \(example.description)") {
                    try Document(json: text)
                }
                #expect(error?.byteOffset.map { (0...text.utf8.count).contains($0) } == true)
            }
        }
        #expect(count > 100)
    }

    /// Both texts are the same JSON; white space and the order of names in an object do not count.
    private func expect(_ written: String, _ expected: String, _ name: String) throws {
        let written = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? NSDictionary)
        let expected = try #require(try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? NSDictionary)
        #expect(written == expected, "\(name)")
    }
}
