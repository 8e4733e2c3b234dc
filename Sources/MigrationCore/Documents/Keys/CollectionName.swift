/// The name of a collection of documents.
///
/// It has 1 to 255 UTF-8 bytes and no control characters. Names are compared by their bytes.
public struct CollectionName: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as text.
    public let text: String

    /// Checks a name.
    ///
    /// - Throws: `invalidName` when the name is empty, longer than 255 UTF-8 bytes or holds a control character.
    public init(_ text: String) throws(DocumentError) {
        guard (1...255).contains(text.utf8.count) else {
            throw DocumentError(.invalidName, "A collection's name has 1 to 255 UTF-8 bytes.")
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            throw DocumentError(.invalidName, "A collection's name holds no control characters.")
        }
        self.text = text
    }

    /// A name that is part of the program; one that is not allowed is a programming error.
    public init(stringLiteral text: String) {
        do {
            try self.init(text)
        } catch {
            preconditionFailure("A collection's name has 1 to 255 UTF-8 bytes and no control characters.")
        }
    }

    /// The name as text.
    public var description: String { text }

    /// Compares bytes: canonically equivalent names stay different.
    public static func == (a: CollectionName, b: CollectionName) -> Bool {
        a.text.hasSameUTF8(as: b.text)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combineUTF8(of: text)
    }
}

extension CollectionName: Comparable {
    /// Orders names by their UTF-8 bytes.
    public static func < (a: CollectionName, b: CollectionName) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }
}
