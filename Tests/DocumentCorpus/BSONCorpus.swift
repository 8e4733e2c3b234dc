import Foundation

/// The public test corpus of the BSON specification: a folder of JSON files that CUTOVER_BSON_CORPUS names.
package enum BSONCorpus {
    package struct File: Sendable, CustomStringConvertible {
        package let description: String
        /// The type under test as its BSON tag in hexadecimal; `0x13` files hold Decimal128 texts.
        package let type: String
        package let valid: [Valid]
        package let decodeErrors: [DecodeError]
        package let parseErrors: [ParseError]
    }

    /// Bytes that mean a document; `degenerate` is a lax form of the same. The texts are Extended JSON for it.
    package struct Valid: Decodable, Sendable {
        package let description: String
        package let canonical: String
        package let degenerate: String?
        package let canonicalJSON: String
        package let relaxedJSON: String?
        package let degenerateJSON: String?
        /// Whether the text loses something, so that the same bytes do not come back from it.
        package let isLossy: Bool?

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
    package struct DecodeError: Decodable, Sendable {
        package let description: String
        package let bson: String
    }

    /// Text that is no document, or no Decimal128 in files of that type.
    package struct ParseError: Decodable, Sendable {
        package let description: String
        package let string: String
    }

    package static let folder: String? = {
        let value = ProcessInfo.processInfo.environment["CUTOVER_BSON_CORPUS"]
        return value?.isEmpty == true ? nil : value
    }()

    package static let isRequired = ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1"

    /// Every file of the folder; one that cannot be read is an error.
    package static func files() throws -> [File] {
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
