internal import MigrationCore

/// Where a value stands in a canonical body, as a path of SQLite's JSON functions.
struct BodyPath: Hashable {
    let text: String

    /// The path to a part of the Extended JSON type that stands here.
    func member(_ names: String...) -> BodyPath {
        BodyPath(text: names.reduce(text) { $0 + ".\"\($1)\"" })
    }
}

extension BodyPath {
    /// What a field path means to SQLite.
    enum Meaning {
        /// One of these places, at most one of which any document has: a number is an index or a name.
        case places([BodyPath])
        /// No document has a value there.
        case nowhere
        /// SQLite has no path that finds it in every version.
        case unknown
    }

    /// More places than this are not worth looking at one by one.
    private static let maximumPlaces = 4

    /// Translates a field path.
    ///
    /// In a canonical body a name of an Extended JSON type below the top level is always part of such a type, never a field.
    /// Names with characters that JSON escapes, and empty ones, are looked for differently from version to version.
    static func meaning(of path: FieldPath) -> Meaning {
        var places = ["$"]
        for (position, component) in path.components.enumerated() {
            guard !component.isEmpty,
                component.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
            else { return .unknown }
            if position > 0, ExtendedJSON.isTypeName(component) { return .nowhere }
            var next = places.map { "\($0).\"\(component)\"" }
            if position > 0, let index = FieldPath.index(component) {
                guard index < 1_000_000 else { return .unknown }
                next += places.map { "\($0)[\(index)]" }
            }
            places = next
            if places.count > maximumPlaces { return .unknown }
        }
        return .places(places.map(BodyPath.init(text:)))
    }
}
