/// A regular expression as BSON stores it: a pattern and option letters, kept as text and never run by this library.
public struct RegularExpression: Sendable, Hashable {
    /// The pattern.
    public let pattern: String
    /// The option letters in alphabetical order, such as `im`.
    public let options: String

    /// Makes a regular expression; options are put in alphabetical order, as BSON demands.
    ///
    /// Neither text may hold a NUL character, which BSON cannot store here.
    public init(pattern: String, options: String = "") {
        precondition(
            !pattern.utf8.contains(0) && !options.utf8.contains(0),
            "A regular expression in a document cannot hold a NUL character."
        )
        self.pattern = pattern
        if options.utf8.count < 2 {
            self.options = options
        } else {
            self.options = String(String.UnicodeScalarView(options.unicodeScalars.sorted()))
        }
    }

    /// Compares bytes: canonically equivalent texts stay different.
    public static func == (a: RegularExpression, b: RegularExpression) -> Bool {
        a.pattern.hasSameUTF8(as: b.pattern) && a.options.hasSameUTF8(as: b.options)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combineUTF8(of: pattern)
        hasher.combineUTF8(of: options)
    }
}
