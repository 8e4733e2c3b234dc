internal import MigrationCore

/// The values of a document in the fields of a unique index, equal where the one order of values says so: `1` and `1.0` are.
struct IndexedValues: Hashable {
    private let values: [Value]

    /// The values; `nil` for a document that lacks one of the fields, which a unique index leaves out.
    init?(_ document: Document, _ fields: [SortField]) {
        var values: [Value] = []
        for field in fields {
            guard let value = document[path: field.path] else { return nil }
            values.append(value)
        }
        self.values = values
    }

    static func == (a: IndexedValues, b: IndexedValues) -> Bool {
        a.values.count == b.values.count && zip(a.values, b.values).allSatisfy { ValueOrder.areEqual($0, $1) }
    }

    func hash(into hasher: inout Hasher) {
        for value in values { hasher.combinePlace(of: value) }
    }
}

extension Hasher {
    /// Hashes values alike that are at the same place of the order, whatever their types.
    fileprivate mutating func combinePlace(of value: Value) {
        combine(ValueOrder.rank(value.bsonType))
        switch value {
        case .int32, .int64, .double, .decimal128: combine(ExactNumber(value)?.wholePart)
        case .array(let elements): combine(elements.count)
        case .document(let document): combine(document.count)
        case .javaScriptWithScope(let code, _): combineUTF8(of: code)
        default: combine(value)
        }
    }
}

extension ExactNumber {
    /// The number cut to an integer; `nil` when it is none, or beyond 64 bits.
    fileprivate var wholePart: Int64? {
        switch self {
        case .nan, .infinity: return nil
        case .integer(let number): return number
        case .binary(let number): return Int64(exactly: number.rounded(.towardZero))
        case .decimal(let isNegative, var coefficient, let exponent):
            var exponent = exponent
            while exponent < 0, coefficient > 0 {
                coefficient /= 10
                exponent += 1
            }
            while exponent > 0, coefficient > 0 {
                guard coefficient <= UInt128(UInt64.max) else { return nil }
                coefficient *= 10
                exponent -= 1
            }
            guard coefficient <= UInt128(Int64.max) else {
                return isNegative && coefficient == UInt128(Int64.min.magnitude) ? .min : nil
            }
            return isNegative ? -Int64(coefficient) : Int64(coefficient)
        }
    }
}
