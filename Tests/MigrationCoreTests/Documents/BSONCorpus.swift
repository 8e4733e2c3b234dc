import Foundation
import MigrationCore

/// The public test corpus of the BSON specification: a folder of JSON files that CUTOVER_BSON_CORPUS names.
enum BSONCorpus {
    struct File: Sendable, CustomStringConvertible {
        let description: String
        /// The type under test as its BSON tag in hexadecimal; `0x13` files hold Decimal128 texts.
        let type: String
        let valid: [Valid]
        let decodeErrors: [DecodeError]
        let parseErrors: [ParseError]
    }

    /// Bytes that mean a document; `degenerate` is a lax form of the same. The texts are Extended JSON for it.
    struct Valid: Decodable, Sendable {
        let description: String
        let canonical: String
        let degenerate: String?
        let canonicalJSON: String
        let relaxedJSON: String?
        let degenerateJSON: String?
        /// Whether the text loses something, so that the same bytes do not come back from it.
        let isLossy: Bool?

        private enum CodingKeys: String, CodingKey {
            case description
            case canonical = "canonical_bson"
            case degenerate = "degenerate_bson"
            case canonicalJSON = "canonical_extjson"
            case relaxedJSON = "relaxed_extjson"
            case degenerateJSON = "degenerate_extjson"
            case isLossy = "lossy"
        }
    }

    /// Bytes that are no document.
    struct DecodeError: Decodable, Sendable {
        let description: String
        let bson: String
    }

    /// Text that is no document, or no Decimal128 in files of that type.
    struct ParseError: Decodable, Sendable {
        let description: String
        let string: String
    }

    static let folder: String? = {
        let value = ProcessInfo.processInfo.environment["CUTOVER_BSON_CORPUS"]
        return value?.isEmpty == true ? nil : value
    }()

    static let isRequired = ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1"

    /// Every file of the folder; one that cannot be read is an error.
    static func files() throws -> [File] {
        guard let folder else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        return try names.sorted().map { name in
            let data = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(name))
            let content = try JSONDecoder().decode(Content.self, from: data)
            return File(
                description: name,
                type: content.type,
                valid: content.valid ?? [],
                decodeErrors: content.decodeErrors ?? [],
                parseErrors: content.parseErrors ?? []
            )
        }
    }

    private struct Content: Decodable {
        let type: String
        let valid: [Valid]?
        let decodeErrors: [DecodeError]?
        let parseErrors: [ParseError]?

        private enum CodingKeys: String, CodingKey {
            case valid, decodeErrors, parseErrors
            case type = "bson_type"
        }
    }
}
