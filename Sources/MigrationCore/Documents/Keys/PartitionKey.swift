/// The part of a key that says which documents are stored together: up to three scalars, or none at all.
///
/// Write `"tenant-1"` or `["tenant-1", 7]` where a partition key is expected. A component that the document lacks is
/// `.absent`, which is neither `null` nor `""`.
public struct PartitionKey: Sendable, Hashable {
    /// One scalar of a partition key.
    public enum Component: Sendable {
        /// The document has no value at this path.
        case absent
        /// The value null.
        case null
        /// True or false.
        case bool(Bool)
        /// A finite number; `-0.0` is the same as `0`.
        case number(Double)
        /// Text, compared by its UTF-8 bytes.
        case string(String)
    }

    /// At most this many components.
    public static let maximumComponents = 3

    /// The partition key of collections without partitions.
    public static let unpartitioned = PartitionKey(unchecked: [])

    /// The scalars in order, 0 to 3.
    public let components: [Component]

    /// Makes a partition key of 0 to 3 components.
    ///
    /// - Throws: `invalidKey` when there are more than three components or a number is not finite.
    public init(components: [Component]) throws(DocumentError) {
        guard components.count <= Self.maximumComponents else {
            throw DocumentError(.invalidKey, "A partition key has at most three components.")
        }
        for case .number(let number) in components where !number.isFinite {
            throw DocumentError(.invalidKey, "A number in a partition key is finite.")
        }
        self.components = components
    }

    /// Makes a partition key of 0 to 3 components whose numbers are finite; anything else is a programming error.
    public init(_ components: Component...) {
        do {
            try self.init(components: components)
        } catch {
            preconditionFailure("A partition key has at most three components, and its numbers are finite.")
        }
    }

    private init(unchecked components: [Component]) {
        self.components = components
    }
}

extension PartitionKey: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    /// A partition key of one text.
    public init(stringLiteral text: String) {
        self.init(.string(text))
    }

    /// A partition key of 0 to 3 components; more are a programming error.
    public init(arrayLiteral elements: Component...) {
        do {
            try self.init(components: elements)
        } catch {
            preconditionFailure("A partition key has at most three components, and its numbers are finite.")
        }
    }
}

extension PartitionKey.Component: Hashable {
    /// Texts are compared by bytes, numbers by value.
    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.absent, .absent), (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameUTF8(as: b)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .absent: hasher.combine(0 as UInt8)
        case .null: hasher.combine(1 as UInt8)
        case .bool(let flag):
            hasher.combine(2 as UInt8)
            hasher.combine(flag)
        case .number(let number):
            hasher.combine(3 as UInt8)
            hasher.combine(number)
        case .string(let text):
            hasher.combine(4 as UInt8)
            hasher.combineUTF8(of: text)
        }
    }
}

extension PartitionKey.Component: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// Text.
    public init(stringLiteral text: String) { self = .string(text) }
    /// A number.
    public init(floatLiteral number: Double) { self = .number(number) }
    /// A number.
    public init(integerLiteral number: Int) { self = .number(Double(number)) }
    /// True or false.
    public init(booleanLiteral flag: Bool) { self = .bool(flag) }
    /// The value null.
    public init(nilLiteral: ()) { self = .null }
}
