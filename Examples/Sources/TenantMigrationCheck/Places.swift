internal import Foundation

/// Where the stores and the control store are, as an operator names them.
struct Places: Sendable {
    /// What the application moves to.
    enum Target: Sendable {
        /// Another file, beside a control store that is one as well.
        case file
        /// A database of a replica set, on which the control store is as well.
        case mongodb(server: String)
    }

    /// The folder of the files, which the program runs in.
    let folder: String
    let target: Target

    /// Where the new store is.
    var new: String { place("new", database: "shop") }
    /// Where the control store is.
    var control: String { place("control", database: "control") }

    /// Stores and control store, before the arguments of each call.
    var arguments: [String] {
        ["--store", "old=sqlite:old.sqlite", "--store", "new=\(location(new))", "--control", location(control)]
    }

    private func place(_ name: String, database: String) -> String {
        switch target {
        case .file: "\(name).sqlite"
        case .mongodb(let server): server.replacing("/?", with: "/\(database)?")
        }
    }

    private func location(_ place: String) -> String {
        switch target {
        case .file: "sqlite:\(place)"
        case .mongodb: place
        }
    }
}
