/// The name under which a store is registered, such as `"orders-sqlite"`.
///
/// Routes hold it, so it must mean the same store in every process, for ever. 1 to 255 bytes of UTF-8 without control characters.
public struct StoreID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text of the name.
    public let text: String
}

/// The unit that moves on its own: one customer, one organisation, one scope.
///
/// 1 to 255 bytes of UTF-8 without control characters.
public struct TenantID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text of the name.
    public let text: String
}

/// The name of a stream: the events of one aggregate, such as `"order-4711"`.
///
/// Unique within a tenant. 1 to 255 bytes of UTF-8 without control characters.
public struct StreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The text of the name.
    public let text: String
}

/// The rule that ``StoreID``, ``TenantID``, ``StreamID`` and event types share.
package enum NameRule {
    package static let maximumBytes = 255

    /// Throws ``StoreError/Code/invalidKey`` or ``StoreError/Code/keyTooLong`` unless `text` may be a name.
    package static func check(_ text: String, what: String) throws(StoreError) {
        guard !text.isEmpty else { throw StoreError(.invalidKey, "The \(what) is empty; give it a name.") }
        guard text.utf8.count <= maximumBytes else {
            throw StoreError(
                .keyTooLong,
                "The \(what) has \(text.utf8.count) bytes; at most \(maximumBytes) bytes of UTF-8 are portable."
            )
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw StoreError(.invalidKey, "The \(what) holds a control character; remove it.")
        }
    }

    package static func checked(_ text: String, what: String) -> String {
        do { try check(text, what: what) } catch { preconditionFailure(error.message) }
        return text
    }
}

extension StoreID: ExpressibleByStringLiteral {
    /// Checks a name that came from outside. Throws `invalidKey` or `keyTooLong`.
    public init(_ text: String) throws(StoreError) {
        try NameRule.check(text, what: "store id")
        self.text = text
    }

    /// Makes a name from a literal; an invalid literal is a programming error and stops the program.
    public init(stringLiteral text: String) { self.text = NameRule.checked(text, what: "store id") }

    public var description: String { text }

    /// Orders names by their UTF-8 bytes.
    public static func < (a: StoreID, b: StoreID) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

    /// Compares bytes: canonically equivalent names stay different, as they are in every store.
    public static func == (a: StoreID, b: StoreID) -> Bool { a.text.hasSameUTF8(as: b.text) }

    public func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
}

extension TenantID: ExpressibleByStringLiteral {
    /// Checks a name that came from outside. Throws `invalidKey` or `keyTooLong`.
    public init(_ text: String) throws(StoreError) {
        try NameRule.check(text, what: "tenant id")
        self.text = text
    }

    /// Makes a name from a literal; an invalid literal is a programming error and stops the program.
    public init(stringLiteral text: String) { self.text = NameRule.checked(text, what: "tenant id") }

    public var description: String { text }

    /// Orders names by their UTF-8 bytes.
    public static func < (a: TenantID, b: TenantID) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

    /// Compares bytes: canonically equivalent names stay different, as they are in every store.
    public static func == (a: TenantID, b: TenantID) -> Bool { a.text.hasSameUTF8(as: b.text) }

    public func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
}

extension StreamID: ExpressibleByStringLiteral {
    /// Checks a name that came from outside. Throws `invalidKey` or `keyTooLong`.
    public init(_ text: String) throws(StoreError) {
        try NameRule.check(text, what: "stream id")
        self.text = text
    }

    /// Makes a name from a literal; an invalid literal is a programming error and stops the program.
    public init(stringLiteral text: String) { self.text = NameRule.checked(text, what: "stream id") }

    public var description: String { text }

    /// Orders names by their UTF-8 bytes.
    public static func < (a: StreamID, b: StreamID) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

    /// Compares bytes: canonically equivalent names stay different, as they are in every store.
    public static func == (a: StreamID, b: StreamID) -> Bool { a.text.hasSameUTF8(as: b.text) }

    public func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
}
