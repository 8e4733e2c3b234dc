/// One line of the report: a name, a value with its unit, and what it is held to.
struct Measure {
    /// What was measured, in words joined by hyphens.
    let name: String
    /// The median.
    let value: Double
    /// The unit of the value.
    let unit: String
    /// The value relative to that of a reference measured in the same run, and the name of that reference.
    var comparison: (ratio: Double, reference: String)?
    /// What the ratio, or the value where there is no reference, has to keep.
    var bar: Bar?

    /// Whether the bar holds; `nil` without a bar.
    var holds: Bool? { bar.map { $0.holds(comparison?.ratio ?? value) } }

    /// How many a second, beside a reference in turns.
    ///
    /// - Parameters:
    ///   - name: what was measured.
    ///   - times: the seconds for one, ours and the reference's.
    ///   - unit: of the rate.
    ///   - reference: whose rate the ratio is of.
    ///   - bar: what the ratio has to keep.
    static func rate(
        _ name: String,
        _ times: Alternation,
        _ unit: String,
        of reference: String,
        bar: Bar? = nil
    ) -> Measure {
        Measure(
            name: name,
            value: 1 / times.seconds,
            unit: unit,
            comparison: (times.speedup, reference),
            bar: bar
        )
    }
}

/// A bar: the least or the most that a measure may be.
struct Bar: CustomStringConvertible {
    private let isMinimum: Bool
    private let limit: Double

    /// At least this much.
    static func atLeast(_ limit: Double) -> Bar { Bar(isMinimum: true, limit: limit) }
    /// At most this much.
    static func atMost(_ limit: Double) -> Bar { Bar(isMinimum: false, limit: limit) }

    func holds(_ number: Double) -> Bool { isMinimum ? number >= limit : number <= limit }

    var description: String { "\(isMinimum ? ">=" : "<=") \(Text.number(limit))" }
}

/// Numbers as the report shows them.
enum Text {
    /// Three significant digits or more, without an exponent.
    static func number(_ number: Double) -> String {
        guard number.isFinite else { return "\(number)" }
        if number == number.rounded(), abs(number) < 1e15 { return "\(Int64(number))" }
        let digits = abs(number) >= 1000 ? 0 : abs(number) >= 100 ? 1 : abs(number) >= 1 ? 2 : 4
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (number * scale).rounded() / scale
        return digits == 0 ? "\(Int64(rounded))" : "\(rounded)"
    }
}
