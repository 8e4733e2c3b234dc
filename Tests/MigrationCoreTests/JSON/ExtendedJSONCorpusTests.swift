import Foundation
import Testing

@testable import MigrationCore

/// The public BSON corpus, as far as JSON is concerned. The folder is named by CUTOVER_BSON_CORPUS:
/// `test/bson_corpus` of the source distribution of pymongo 4.7.3.
@Suite("Extended JSON corpus", .enabled(if: ExtendedJSONCorpus.isWanted, "CUTOVER_BSON_CORPUS names no folder"))
struct ExtendedJSONCorpusTests {
    @Test("the corpus is there")
    func files() {
        #expect(ExtendedJSONCorpus.files.count == 31)
    }

    @Test("valid cases read and write as the corpus says", arguments: ExtendedJSONCorpus.files)
    func validCases(_ file: ExtendedJSONCorpus.File) throws {
        for entry in file.valid ?? [] {
            let bytes = try #require(ExtendedJSONCorpus.bytes(hex: entry.canonicalBSON))
            let isLossy = entry.lossy ?? false
            let document = try Document(bson: bytes)
            let canonical = document.json(.canonical)
            #expect(try same(canonical, entry.canonicalJSON), "\(entry.description)")

            let read = try Document(json: entry.canonicalJSON)
            #expect(try same(read.json(.canonical), entry.canonicalJSON), "\(entry.description)")
            if !isLossy { #expect(read.bson == document.bson, "\(entry.description)") }

            if let degenerate = entry.degenerateJSON {
                let read = try Document(json: degenerate)
                #expect(try same(read.json(.canonical), entry.canonicalJSON), "\(entry.description)")
                if !isLossy { #expect(read.bson == document.bson, "\(entry.description)") }
            }
            if let relaxed = entry.relaxedJSON {
                #expect(try same(document.json(.relaxed), relaxed), "\(entry.description)")
                #expect(try same(try Document(json: relaxed).json(.relaxed), relaxed), "\(entry.description)")
            }
        }
    }

    @Test("what the corpus calls a parse error is an error", arguments: ExtendedJSONCorpus.files)
    func parseErrors(_ file: ExtendedJSONCorpus.File) throws {
        for entry in file.parseErrors ?? [] {
            if file.bsonType == "0x13" {
                #expect(Decimal128(entry.string) == nil, "\(entry.description)")
                var document = "{\"d\":{\"$numberDecimal\":"
                document += String(decoding: try JSONEncoder().encode(entry.string), as: UTF8.self) + "}}"
                #expect(throws: DocumentError.self, "\(entry.description)") { try Document(json: document) }
            } else {
                let error = #expect(throws: DocumentError.self, "\(entry.description)") {
                    try Document(json: entry.string)
                }
                #expect(error?.byteOffset != nil, "\(entry.description)")
            }
        }
    }

    @Test("decimal texts of the corpus read and write alike", arguments: ExtendedJSONCorpus.files)
    func decimals(_ file: ExtendedJSONCorpus.File) throws {
        for entry in file.valid ?? [] where file.bsonType == "0x13" {
            let document = try Document(json: entry.canonicalJSON)
            guard case .decimal128(let number) = document["d"] else {
                Issue.record("\(entry.description) holds no decimal")
                continue
            }
            #expect(Decimal128(number.description) == number, "\(entry.description)")
        }
    }

    /// Whether two JSON texts are the same but for white space.
    private func same(_ written: String, _ expected: String) throws -> Bool {
        let a = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? NSDictionary
        let b = try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? NSDictionary
        return try #require(a) == #require(b)
    }
}

/// Reads the files of the corpus.
enum ExtendedJSONCorpus {
    struct File: Decodable, Sendable, CustomTestStringConvertible {
        let description: String
        let bsonType: String
        let valid: [Valid]?
        let parseErrors: [Invalid]?

        private enum CodingKeys: String, CodingKey {
            case description, valid, parseErrors
            case bsonType = "bson_type"
        }

        var testDescription: String { description }
    }

    struct Valid: Decodable, Sendable {
        let description: String
        let canonicalBSON: String
        let canonicalJSON: String
        let relaxedJSON: String?
        let degenerateJSON: String?
        let lossy: Bool?

        private enum CodingKeys: String, CodingKey {
            case description, lossy
            case canonicalBSON = "canonical_bson"
            case canonicalJSON = "canonical_extjson"
            case relaxedJSON = "relaxed_extjson"
            case degenerateJSON = "degenerate_extjson"
        }
    }

    struct Invalid: Decodable, Sendable {
        let description: String
        let string: String
    }

    static let folder = ProcessInfo.processInfo.environment["CUTOVER_BSON_CORPUS"].flatMap { $0.isEmpty ? nil : $0 }

    /// Whether the tests run: with a folder, and where nothing may be skipped.
    static let isWanted = folder != nil || ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1"

    static let files: [File] = {
        guard let folder, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
        return names.sorted().filter { $0.hasSuffix(".json") }.compactMap { name in
            FileManager.default.contents(atPath: folder + "/" + name).flatMap {
                try? JSONDecoder().decode(File.self, from: $0)
            }
        }
    }()

    static func bytes(hex: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var digits = hex[...]
        while let pair = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(pair)
            digits = digits.dropFirst(2)
        }
        return digits.isEmpty ? bytes : nil
    }
}
