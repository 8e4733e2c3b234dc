internal import ArgumentParser
internal import Foundation
internal import MigrationCore

/// Where a store is, as one writes it: `old=sqlite:old.sqlite`.
///
/// The part before the colon says which adapter opens it, so another backend is another case here.
struct StoreLocation: Sendable, Hashable {
    /// What opens it.
    enum Place: Sendable, Hashable {
        case sqlite(path: String)
    }

    let id: StoreID
    let place: Place

    /// Reads a location. Throws a ``Failure`` that says what is wrong with it.
    ///
    /// - Parameters:
    ///   - text: a name, `=`, and a location.
    ///   - folder: what relative paths begin at; the working directory when it is left out.
    init(_ text: String, relativeTo folder: String? = nil) throws {
        guard let equals = text.firstIndex(of: "=") else {
            throw Failure.usage("'\(text)' names no store; write NAME=sqlite:PATH.")
        }
        try self.init(
            name: String(text[..<equals]),
            uri: String(text[text.index(after: equals)...]),
            relativeTo: folder
        )
    }

    init(name: String, uri: String, relativeTo folder: String? = nil) throws {
        do throws(StoreError) {
            id = try StoreID(name)
        } catch {
            throw Failure.usage("'\(name)' cannot be the name of a store: \(error.message)")
        }
        place = try StoreLocation.place(uri, of: name, relativeTo: folder)
    }

    /// Reads the part behind the name.
    static func place(_ uri: String, of name: String, relativeTo folder: String?) throws -> Place {
        guard let colon = uri.firstIndex(of: ":") else {
            throw Failure.usage("The store '\(name)' has no scheme; write sqlite:\(uri.isEmpty ? "PATH" : uri).")
        }
        let scheme = uri[..<colon].lowercased()
        guard scheme == "sqlite" else {
            throw Failure.usage("The store '\(name)' has the unknown scheme '\(scheme)'; this program knows: sqlite.")
        }
        var path = String(uri[uri.index(after: colon)...])
        if path.hasPrefix("//") { path.removeFirst(2) }
        guard !path.isEmpty else { throw Failure.usage("The store '\(name)' has no path; write sqlite:PATH.") }
        if let folder, !path.hasPrefix("/") { path = folder + "/" + path }
        return .sqlite(path: path)
    }
}

extension StoreLocation: ExpressibleByArgument {
    init?(argument: String) { try? self.init(argument) }
}
