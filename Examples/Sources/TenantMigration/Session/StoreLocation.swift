internal import ArgumentParser
internal import Foundation
internal import MigrationCore
internal import MongoAdapter

/// Where a store is, as one writes it: `old=sqlite:old.sqlite`, `new=mongodb://db1,db2/shop?replicaSet=main`, or `new=env:NAME`
/// for what an environment variable says.
///
/// The part before the colon says which adapter opens it, so another backend is another case here.
struct StoreLocation: Sendable, Hashable {
    /// What opens it.
    enum Place: Sendable, Hashable {
        case sqlite(path: String)
        case mongo(MongoPlace)
    }

    /// A database of a replica set.
    struct MongoPlace: Sendable, Hashable {
        /// The connection string, perhaps with credentials: it is shown to nobody.
        let uri: String
        /// The same without them.
        let description: String
        let database: String

        static func == (a: MongoPlace, b: MongoPlace) -> Bool { a.description == b.description }
        func hash(into hasher: inout Hasher) { hasher.combine(description) }
    }

    /// Where a text comes from: what everybody on the machine can see must hold no secret.
    enum Origin: Sendable {
        case commandLine
        case file(folder: String)
    }

    let id: StoreID
    let place: Place

    /// Reads a location. Throws a ``Failure`` that says what is wrong with it.
    ///
    /// - Parameters:
    ///   - text: a name, `=`, and a location.
    ///   - origin: where the text comes from.
    init(_ text: String, from origin: Origin = .commandLine) throws {
        guard let equals = text.firstIndex(of: "=") else {
            throw Failure.usage("'\(text)' names no store; write NAME=sqlite:PATH or NAME=mongodb://HOSTS/DATABASE.")
        }
        try self.init(name: String(text[..<equals]), uri: String(text[text.index(after: equals)...]), from: origin)
    }

    init(name: String, uri: String, from origin: Origin) throws {
        do throws(StoreError) {
            id = try StoreID(name)
        } catch {
            throw Failure.usage("'\(name)' cannot be the name of a store: \(error.message)")
        }
        place = try StoreLocation.place(uri, of: name, from: origin)
    }

    /// Reads the part behind the name.
    static func place(_ uri: String, of name: String, from origin: Origin) throws -> Place {
        guard let colon = uri.firstIndex(of: ":") else {
            throw Failure.usage("The store '\(name)' has no scheme; write sqlite:\(uri.isEmpty ? "PATH" : uri).")
        }
        let scheme = uri[..<colon].lowercased()
        let rest = String(uri[uri.index(after: colon)...])
        switch scheme {
        case "sqlite": return .sqlite(path: try path(rest, of: name, from: origin))
        case "mongodb", "mongodb+srv": return .mongo(try mongo(uri, of: name, from: origin))
        case "env":
            guard let value = ProcessInfo.processInfo.environment[rest], !value.isEmpty, !value.hasPrefix("env:") else {
                throw Failure.usage(
                    "The store '\(name)' is in the environment variable '\(rest)', which holds no location."
                )
            }
            return try place(value, of: name, from: .file(folder: FileManager.default.currentDirectoryPath))
        default:
            throw Failure.usage(
                "The store '\(name)' has the unknown scheme '\(scheme)'; this program knows: sqlite, mongodb, mongodb+srv, env."
            )
        }
    }

    private static func path(_ text: String, of name: String, from origin: Origin) throws -> String {
        var path = text
        if path.hasPrefix("//") { path.removeFirst(2) }
        guard !path.isEmpty else { throw Failure.usage("The store '\(name)' has no path; write sqlite:PATH.") }
        if case .file(let folder) = origin, !path.hasPrefix("/") { path = folder + "/" + path }
        return path
    }

    /// Whether a connection string holds credentials, or an option whose value is one.
    private static func holdsSecret(_ uri: String) -> Bool {
        let options = uri.split(separator: "?", maxSplits: 1).dropFirst().first?.lowercased() ?? ""
        let secret = ["tlscertificatekeyfilepassword=", "sslclientcertificatekeypassword=", "authmechanismproperties="]
        return uri.prefix { $0 != "?" }.contains("@") || secret.contains { options.contains($0) }
    }

    private static func mongo(_ text: String, of name: String, from origin: Origin) throws -> MongoPlace {
        let uri: MongoURI
        do throws(StoreError) { uri = try MongoURI(text) } catch {
            throw Failure.usage("The store '\(name)' has no connection string of MongoDB: \(error.message)")
        }
        if case .commandLine = origin, holdsSecret(text) {
            throw Failure.usage(
                "The connection string of '\(name)' holds credentials, which everybody on this machine could read off the command line; put it into the file of --config, or into an environment variable and write \(name)=env:VARIABLE."
            )
        }
        guard let database = uri.database, !database.isEmpty else {
            throw Failure.usage("The connection string of '\(name)' names no database; write mongodb://HOSTS/DATABASE.")
        }
        return MongoPlace(uri: text, description: "\(uri)", database: database)
    }
}

extension StoreLocation: ExpressibleByArgument {
    init?(argument: String) { try? self.init(argument) }
}
