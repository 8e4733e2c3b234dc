internal import MigrationCore

/// Numbers and tables for people.
enum Text {
    /// With a comma between thousands.
    static func count(_ number: Int64) -> String {
        var digits = Array("\(number.magnitude)")
        for index in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: index) }
        return (number < 0 ? "-" : "") + String(digits)
    }

    static func percent(_ value: Double) -> String { "\((value * 10).rounded(.down) / 10) %" }

    /// Hours, minutes and seconds.
    static func duration(_ duration: Duration) -> String {
        let seconds = Int64(duration.inSeconds.rounded())
        let (minutes, hours) = (seconds / 60 % 60, seconds / 3_600)
        let tail = "\(minutes < 10 && hours > 0 ? "0" : "")\(minutes):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
        return hours > 0 ? "\(hours):\(tail)" : tail
    }

    /// Names and values, the values below each other.
    static func pairs(_ pairs: [(String, String?)]) -> [String] {
        let pairs = pairs.compactMap { name, value in value.map { (name, $0) } }
        let width = pairs.map(\.0.count).max() ?? 0
        return pairs.map { name, value in "  \(name)\(String(repeating: " ", count: width - name.count))  \(value)" }
    }

    /// Rows under their headings.
    static func table(_ headings: [String], _ rows: [[String]]) -> [String] {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = row.indices.map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension Duration {
    /// The length in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
