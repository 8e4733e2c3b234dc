internal import Foundation

/// Prints measures as lines and appends them to a file as JSON lines.
struct Report {
    private let file: FileHandle?
    /// How many measures missed their bar.
    private(set) var missed = 0

    /// Begins a report; the file is replaced.
    init(file path: String) {
        let isThere = FileManager.default.createFile(atPath: path, contents: nil)
        file = isThere ? FileHandle(forWritingAtPath: path) : nil
        if file == nil { print("\(path) cannot be written; the measures are only printed") }
    }

    /// Adds one measure.
    mutating func add(_ measure: Measure) {
        var line = "\(measure.name) \(Text.number(measure.value)) \(measure.unit)"
        let bar = measure.bar.map { " (bar \($0))" } ?? ""
        if let (ratio, reference) = measure.comparison {
            line += "  ratio \(Text.number(ratio)) of \(reference)"
        }
        line += bar
        if measure.holds == false {
            line += "  MISSED"
            missed += 1
        }
        print(line)
        // Whoever reads a pipe sees the line now.
        fflush(nil)
        write(measure)
    }

    private func write(_ measure: Measure) {
        let line = Line(
            name: measure.name,
            value: measure.value,
            unit: measure.unit,
            ratio: measure.comparison?.ratio,
            reference: measure.comparison?.reference,
            bar: measure.bar?.description,
            holds: measure.holds
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let file, var bytes = try? encoder.encode(line) else { return }
        bytes.append(UInt8(ascii: "\n"))
        try? file.write(contentsOf: bytes)
    }

    /// A measure in the file; what it does not have is null.
    private struct Line: Encodable {
        let name: String
        let value: Double
        let unit: String
        let ratio: Double?
        let reference: String?
        let bar: String?
        let holds: Bool?

        private enum Key: String, CodingKey { case name, value, unit, ratio, reference, bar, holds }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(name, forKey: .name)
            try container.encode(value, forKey: .value)
            try container.encode(unit, forKey: .unit)
            try container.encode(ratio, forKey: .ratio)
            try container.encode(reference, forKey: .reference)
            try container.encode(bar, forKey: .bar)
            try container.encode(holds, forKey: .holds)
        }
    }
}
