import Foundation
import MigrationCore

/// The public test corpus of the BSON specification: a folder of JSON files that CUTOVER_BSON_CORPUS names.
enum BSONCorpus {
    struct File: Sendable, CustomStringConvertible {
        let description: String
        let valid: [Valid]
        let decodeErrors: [DecodeError]
    }

    /// Bytes that mean a document; `degenerate` is a lax form of the same.
    struct Valid: Decodable, Sendable {
        let description: String
        let canonical: String
        let degenerate: String?

        private enum CodingKeys: String, CodingKey {
            case description
            case canonical = "canonical_bson"
            case degenerate = "degenerate_bson"
        }
    }

    /// Bytes that are no document.
    struct DecodeError: Decodable, Sendable {
        let description: String
        let bson: String
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
            return File(description: name, valid: content.valid ?? [], decodeErrors: content.decodeErrors ?? [])
        }
    }

    private struct Content: Decodable {
        let valid: [Valid]?
        let decodeErrors: [DecodeError]?
    }
}
