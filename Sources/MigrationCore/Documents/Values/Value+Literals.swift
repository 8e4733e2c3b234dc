extension Value: ExpressibleByStringLiteral {
    /// A string.
    public init(stringLiteral text: String) {
        self = .string(text)
    }
}

extension Value: ExpressibleByStringInterpolation {}

extension Value: ExpressibleByIntegerLiteral {
    /// An integer: `int32` when it fits, `int64` otherwise.
    public init(integerLiteral number: Int64) {
        self.init(number)
    }

    /// An integer: `int32` when it fits, `int64` otherwise, as literals and relaxed JSON have it.
    public init(_ number: some BinaryInteger & FixedWidthInteger & SignedInteger) {
        if let number = Int32(exactly: number) {
            self = .int32(number)
        } else {
            self = .int64(Int64(number))
        }
    }
}

extension Value: ExpressibleByFloatLiteral {
    /// A double.
    public init(floatLiteral number: Double) {
        self = .double(number)
    }
}

extension Value: ExpressibleByBooleanLiteral {
    /// True or false.
    public init(booleanLiteral flag: Bool) {
        self = .bool(flag)
    }
}

extension Value: ExpressibleByNilLiteral {
    /// The value null, which is not the same as a missing field.
    public init(nilLiteral: ()) {
        self = .null
    }
}

extension Value: ExpressibleByArrayLiteral {
    /// An array.
    public init(arrayLiteral elements: Value...) {
        self = .array(elements)
    }
}

extension Value: ExpressibleByDictionaryLiteral {
    /// An embedded document; a name that occurs twice is a programming error.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .document(Document(fields: elements))
    }
}
