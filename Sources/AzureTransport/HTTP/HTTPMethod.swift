/// The method of a request, as it stands on the wire.
package struct HTTPMethod: Sendable, Hashable, CustomStringConvertible {
    /// The token, such as `PATCH`.
    package let name: String

    /// Makes a method that has no constant here. The transport refuses what is not a token.
    package init(_ name: String) {
        self.name = name
    }

    package var description: String { name }

    /// Whether the request promises to change nothing, so that sending it twice is harmless.
    package var isSafe: Bool { self == .get || self == .head }

    package static let get = HTTPMethod("GET")
    package static let head = HTTPMethod("HEAD")
    package static let put = HTTPMethod("PUT")
    package static let post = HTTPMethod("POST")
    package static let patch = HTTPMethod("PATCH")
    package static let merge = HTTPMethod("MERGE")
    package static let delete = HTTPMethod("DELETE")
}
