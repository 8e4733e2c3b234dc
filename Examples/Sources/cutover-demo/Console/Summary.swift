internal import Foundation

/// What a part did: lines for people, one JSON object for programs.
struct Summary {
    /// A value of the JSON object.
    indirect enum Fact: Encodable {
        case text(String)
        case count(Int64)
        case number(Double)
        case flag(Bool)
        case list([String])
        case table([[String: Fact]])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .count(let number): try container.encode(number)
            case .number(let number): try container.encode(number)
            case .flag(let flag): try container.encode(flag)
            case .list(let list): try container.encode(list)
            case .table(let rows): try container.encode(rows)
            }
        }
    }

    /// The name of the part.
    let part: String
    private var lines: [(String, String)] = []
    private var facts: [String: Fact] = [:]
    private var failures: [String] = []

    init(part: String) { self.part = part }

    /// Whether everything was as it should be.
    var isGood: Bool { failures.isEmpty }

    /// Adds a line and, under a name without spaces, a value for programs.
    mutating func add(_ label: String, _ text: String, _ name: String, _ fact: Fact) {
        lines.append((label, text))
        facts[name] = fact
    }

    /// Adds a value for programs only.
    mutating func add(_ name: String, _ fact: Fact) { facts[name] = fact }

    /// Notes that something is off.
    mutating func fail(_ reason: String) { failures.append(reason) }

    /// Notes that something is off unless a condition holds.
    mutating func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
        if !condition { fail(reason()) }
    }

    /// Prints the lines.
    func print() {
        Swift.print("Summary of \"\(part)\"")
        let width = lines.map(\.0.count).max() ?? 0
        for (label, text) in lines {
            Swift.print("  \(label)\(String(repeating: " ", count: width - label.count))  \(text)")
        }
        for failure in failures { Swift.print("  OFF: \(failure)") }
        Swift.print(isGood ? "  everything is as it should be" : "  \(failures.count) things are off")
    }

    /// The JSON object, in one line.
    func json() throws -> String {
        var object = facts
        object["part"] = .text(part)
        object["ok"] = .flag(isGood)
        object["failures"] = .list(failures)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(object), as: UTF8.self)
    }
}
