/// The way to a value inside a document: field names and array indexes, written `customer.addresses.0.city`.
///
/// A component that is a number in decimal digits addresses an element when it meets an array, and a field of that name
/// when it meets a document. Names that contain dots are given as `FieldPath(components:)`.
public struct FieldPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The steps from the top level down, at least one.
    public let components: [String]

    /// Splits a text at its dots; each part is a step, also an empty one.
    public init(_ text: String) {
        components = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Makes a path of steps that may contain dots. There must be at least one.
    public init(components: [String]) {
        precondition(!components.isEmpty, "A field path has at least one component.")
        self.components = components
    }

    /// Splits a text at its dots.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// The steps joined by dots.
    public var description: String { components.joined(separator: ".") }

    /// Compares bytes: canonically equivalent names stay different.
    public static func == (a: FieldPath, b: FieldPath) -> Bool {
        a.components.elementsEqual(b.components) { $0.hasSameUTF8(as: $1) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(components.count)
        for component in components { hasher.combineUTF8(of: component) }
    }

    /// The array index that a step stands for: decimal digits without a leading zero.
    package static func index(_ component: String) -> Int? {
        let digits = component.utf8
        guard let first = digits.first, digits.count <= 10, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            first != 0x30 || digits.count == 1
        else { return nil }
        return Int(component)
    }
}
