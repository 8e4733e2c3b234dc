internal import Foundation
internal import MigrationCore

/// How fast JSON is read and written, beside Foundation.
enum JSONSpeed {
    /// Parsing text into a `Document` beside `JSONSerialization.jsonObject`.
    static let parsing = Benchmark(
        measures: MailCorpus.allCases.map { "json-parse-\($0.rawValue)" } + ["json-parse", "json-parse-wrappers"]
    ) { environment in
        try await measures("json-parse", environment, reference: "JSONSerialization.jsonObject", bars: (6, 3)) {
            texts,
            _ in
            let data = texts.map { Data($0) }
            return (
                ours: { for text in texts { keep(try Document(json: text)) } },
                reference: { for text in data { keep(try JSONSerialization.jsonObject(with: text)) } }
            )
        }
    }

    /// Writing a `Document` as text beside `JSONEncoder` over an equivalent enum.
    static let writing = Benchmark(
        measures: MailCorpus.allCases.map { "json-write-\($0.rawValue)" } + ["json-write", "json-write-wrappers"]
    ) { environment in
        try await measures("json-write", environment, reference: "JSONEncoder", bars: (12, 6)) { texts, mode in
            let documents = try texts.map { try Document(json: $0) }
            let trees = try texts.map { try JSONTree(JSONSerialization.jsonObject(with: Data($0))) }
            let encoder = JSONEncoder()
            return (
                ours: { for document in documents { keep(document.jsonBytes(mode)) } },
                reference: { for tree in trees { keep(try encoder.encode(tree)) } }
            )
        }
    }

    private typealias Sides = (ours: () throws -> Void, reference: () throws -> Void)

    /// One measure for each kind of mail, their median with its bar, and the short documents with theirs.
    private static func measures(
        _ name: String,
        _ environment: Environment,
        reference: String,
        bars: (mail: Double, wrappers: Double),
        _ sides: ([[UInt8]], JSONMode) throws -> Sides
    ) async throws -> [Measure] {
        var measures: [Measure] = []
        for corpus in MailCorpus.allCases {
            let texts = corpus.documents.map { $0.jsonBytes(.relaxed) }
            let (speed, ratio) = try await compare(texts, environment) { try sides($0, .relaxed) }
            measures.append(
                Measure(name: "\(name)-\(corpus.rawValue)", value: speed, unit: "MB/s", comparison: (ratio, reference))
            )
        }
        measures.append(
            Measure(
                name: name,
                value: measures.map(\.value).median,
                unit: "MB/s",
                comparison: (measures.compactMap { $0.comparison?.ratio }.median, reference),
                bar: .atLeast(bars.mail)
            )
        )
        let wrappers = WrapperCorpus.documents.map { $0.jsonBytes(.canonical) }
        let (speed, ratio) = try await compare(wrappers, environment) { try sides($0, .canonical) }
        measures.append(
            Measure(
                name: "\(name)-wrappers",
                value: speed,
                unit: "MB/s",
                comparison: (ratio, reference),
                bar: .atLeast(bars.wrappers)
            )
        )
        return measures
    }

    private static func compare(
        _ texts: [[UInt8]],
        _ environment: Environment,
        _ make: ([[UInt8]]) throws -> Sides
    ) async throws -> (megabytesPerSecond: Double, ratio: Double) {
        let sides = try make(texts)
        let bytes = texts.reduce(0) { $0 + $1.count }
        let ours = try Stopwatch.repetitions(sides.ours)
        let reference = try Stopwatch.repetitions(sides.reference)
        let times = try await Alternation(rounds: environment.rounds) {
            try Stopwatch.seconds { for _ in 0..<ours { try sides.ours() } } / Double(ours)
        } reference: {
            try Stopwatch.seconds { for _ in 0..<reference { try sides.reference() } } / Double(reference)
        }
        return (Double(bytes) / times.seconds / 1e6, times.speedup)
    }
}

/// JSON as an enum that `JSONEncoder` can write: what an application has that keeps documents without this library.
indirect enum JSONTree: Encodable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case null

    /// Takes over what `JSONSerialization` made.
    init(_ object: Any) throws {
        switch object {
        case let fields as [String: Any]: self = .object(try fields.mapValues { try JSONTree($0) })
        case let elements as [Any]: self = .array(try elements.map { try JSONTree($0) })
        case let text as String: self = .string(text)
        case let number as NSNumber:
            // "c" is how NSNumber names the type of a boolean.
            if String(cString: number.objCType) == "c" {
                self = .bool(number.boolValue)
            } else if let integer = Int64(exactly: number.doubleValue) {
                self = .integer(integer)
            } else {
                self = .number(number.doubleValue)
            }
        case is NSNull: self = .null
        default: throw UnknownJSON()
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let fields): try container.encode(fields)
        case .array(let elements): try container.encode(elements)
        case .string(let text): try container.encode(text)
        case .integer(let number): try container.encode(number)
        case .number(let number): try container.encode(number)
        case .bool(let flag): try container.encode(flag)
        case .null: try container.encodeNil()
        }
    }

    private struct UnknownJSON: Error {}
}
