internal import MigrationCore

/// Where a number of any type stands among those of the other types.
struct NumberBounds {
    private let value: Value
    private let number: ExactNumber

    init?(_ value: Value) {
        guard let number = ExactNumber(value) else { return nil }
        self.value = value
        self.number = number
    }

    /// The canonical texts of all numbers that equal this one, decimals left out: those have many texts.
    var equalTexts: [[UInt8]] {
        var candidates: [Value] = [.double(.nan), .double(.infinity), .double(-.infinity)]
        if let integer = smallestInteger(thatIsGreater: false) {
            candidates.append(.int64(integer))
            if let narrow = Int32(exactly: integer) { candidates.append(.int32(narrow)) }
        }
        if let double = approximation {
            candidates.append(.double(double))
            if double == 0 { candidates += [.double(0), .double(-0.0)] }
        }
        var texts: [[UInt8]] = []
        for candidate in candidates where ValueOrder.areEqual(candidate, value) {
            let text = candidate.canonicalText
            if !texts.contains(text) { texts.append(text) }
        }
        return texts
    }

    /// The smallest integer that is at least this number, or greater than it; nil when there is none, and for NaN.
    func smallestInteger(thatIsGreater: Bool) -> Int64? {
        if case .nan = number { return nil }
        func fits(_ candidate: Int64) -> Bool {
            switch ExactNumber.compare(.integer(candidate), number) {
            case .less: false
            case .equal: !thatIsGreater
            case .greater: true
            }
        }
        guard fits(.max) else { return nil }
        var (low, high) = (Int64.min, Int64.max)
        while low < high {
            // Rounded down, and without an overflow.
            let middle = (low & high) + ((low ^ high) >> 1)
            if fits(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Two doubles that have this number and all between them that a conversion might take for it: what SQLite reads from a
    /// text below or above them is less or greater without doubt. Nil for NaN and numbers of extreme magnitude.
    var doubtful: (low: Double, high: Double)? {
        guard let double = approximation, double.magnitude < 1e280 else { return nil }
        let margin = double.magnitude * 1e-12 + 1e-280
        return (double - margin, double + margin)
    }

    /// The nearest double.
    private var approximation: Double? {
        switch value {
        case .double(let double): double
        case .int32(let integer): Double(integer)
        case .int64(let integer): Double(integer)
        case .decimal128(let decimal): Double("\(decimal)")
        default: nil
        }
    }
}

extension Value {
    /// The text that a canonical body has for this value.
    var canonicalText: [UInt8] {
        var bytes: [UInt8] = []
        ExtendedJSON.writeValue(self, mode: .canonical, into: &bytes)
        return bytes
    }
}
