/// One thing that is not as it must be, in one place.
///
/// One damaged record is one violation: what follows from it is not reported again.
public struct Violation: Sendable, Hashable {
    /// What is wrong.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String, CaseIterable {
            case missing, extra, count, version, digest, content, order, unreadable
        }

        private let name: Name

        private init(name: Name) { self.name = name }

        /// The kind with this description.
        init?(_ description: String) {
            guard let name = Name(rawValue: description) else { return nil }
            self.name = name
        }

        /// It should be there and is not.
        public static let missing = Kind(name: .missing)
        /// It is there and should not be.
        public static let extra = Kind(name: .extra)
        /// The numbers of records differ, or a store counts otherwise than it lists.
        public static let count = Kind(name: .count)
        /// The event has another version in its stream.
        public static let version = Kind(name: .version)
        /// The stored digest is not that of the stored bytes; at the level `digest` also any other difference.
        public static let digest = Kind(name: .digest)
        /// The content differs.
        public static let content = Kind(name: .content)
        /// The event stands at another position in the source.
        public static let order = Kind(name: .order)
        /// What is stored does not parse.
        public static let unreadable = Kind(name: .unreadable)

        /// Every kind there is.
        public static var allKinds: [Kind] { Name.allCases.map(Kind.init(name:)) }

        public var description: String { name.rawValue }
    }

    /// The store that is at fault.
    public enum Side: String, Sendable, Hashable {
        /// The store that was copied from.
        case source
        /// The store that was copied to.
        case target
    }

    /// What is wrong.
    public let kind: Kind
    /// The store that has to be repaired.
    public let side: Side
    /// Where, in the log of a tenant.
    public let position: Int64?
    /// Which stream the event belongs to, as far as it is known.
    public let stream: StreamID?
    /// Which document; `nil` for events, and for what is stored under a key that cannot be read.
    public let key: DocumentKey?
    /// How long the difference had been there when it was reported, where writes may still have been on their way.
    public let age: Duration?
    /// What differs, by the names of fields; never their values.
    public let detail: String

    /// Makes a violation.
    init(
        _ kind: Kind,
        on side: Side,
        position: Int64? = nil,
        stream: StreamID? = nil,
        key: DocumentKey? = nil,
        age: Duration? = nil,
        detail: String = ""
    ) {
        self.kind = kind
        self.side = side
        self.position = position
        self.stream = stream
        self.key = key
        self.age = age
        self.detail = detail
    }
}

extension Violation: CustomStringConvertible, CustomDebugStringConvertible {
    /// Kind, side and position; no key of a document, because keys may identify people.
    public var description: String { text(key: key.map { "in \($0.collection)" }) }

    /// The same with the key of the document.
    public var debugDescription: String { text(key: key.map { "of \($0.debugDescription)" }) }

    private func text(key: String?) -> String {
        var parts = ["\(kind) on \(side.rawValue)"]
        if let position { parts.append("at position \(position)") }
        if let stream { parts.append("of stream \(stream)") }
        if let key { parts.append(key) }
        if !detail.isEmpty { parts.append("(\(detail))") }
        if let age { parts.append("for \(age)") }
        return parts.joined(separator: " ")
    }
}

/// Violations as they are found: all of them counted by kind, the first of them kept.
struct ViolationLog: Sendable, Hashable {
    private(set) var kept: [Violation] = []
    private(set) var totals: [Violation.Kind: Int64] = [:]
    let maximumKept: Int

    init(maximumKept: Int) { self.maximumKept = maximumKept }

    /// How many there are.
    var count: Int64 { totals.values.reduce(0, +) }

    /// Whether the next one would only be counted.
    var isFull: Bool { kept.count >= maximumKept }

    mutating func add(_ violation: Violation) {
        totals[violation.kind, default: 0] += 1
        if !isFull { kept.append(violation) }
    }

    /// Adds one violation for each position of a range, which may be long.
    mutating func add(_ positions: ClosedRange<Int64>, _ make: (Int64) -> Violation) {
        let first = make(positions.lowerBound)
        totals[first.kind, default: 0] += positions.upperBound - positions.lowerBound + 1
        for position in positions {
            guard !isFull else { break }
            kept.append(make(position))
        }
    }

    /// Takes back what a checkpoint held.
    init(kept: [Violation], totals: [Violation.Kind: Int64], maximumKept: Int) {
        self.kept = kept
        self.totals = totals
        self.maximumKept = maximumKept
    }
}
