internal import Foundation
internal import MigrationCore

/// What the options and the configuration file say together; an option counts more than the file.
struct Settings: Sendable {
    let control: StoreLocation.Place
    let stores: [StoreLocation]
    let actor: String
    let createsFiles: Bool
    let cutoverTimeout: Duration?

    /// The configuration file. A key that is not known is an error: it would be a setting that does nothing.
    private struct File: Decodable {
        var control: String?
        var stores: [String: String]?
        var actor: String?
        var cutoverTimeoutSeconds: Double?

        private struct AnyKey: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        private enum Key: String, CodingKey, CaseIterable { case control, stores, actor, cutoverTimeoutSeconds }

        init(from decoder: any Decoder) throws {
            let known = Set(Key.allCases.map(\.rawValue))
            let unknown = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
                .filter { !known.contains($0) }
            guard unknown.isEmpty else {
                throw Failure.usage(
                    "The configuration has unknown keys: \(unknown.sorted().joined(separator: ", ")); known are \(known.sorted().joined(separator: ", "))."
                )
            }
            let values = try decoder.container(keyedBy: Key.self)
            control = try values.decodeIfPresent(String.self, forKey: .control)
            stores = try values.decodeIfPresent([String: String].self, forKey: .stores)
            actor = try values.decodeIfPresent(String.self, forKey: .actor)
            cutoverTimeoutSeconds = try values.decodeIfPresent(Double.self, forKey: .cutoverTimeoutSeconds)
        }

        init() {}

        static func read(_ path: String) throws -> File {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Failure.usage("The configuration file \(path) cannot be read.")
            }
            do {
                return try JSONDecoder().decode(File.self, from: data)
            } catch let failure as Failure {
                throw failure
            } catch {
                throw Failure.usage("The configuration file \(path) is not what it must be: \(error)")
            }
        }
    }

    init(_ options: SharedOptions) throws {
        let file = try options.config.map(File.read) ?? File()
        // Paths in a file are meant from where the file is.
        let origin = options.config.map {
            StoreLocation.Origin.file(folder: URL(filePath: $0).deletingLastPathComponent().path)
        }

        var stores = try options.store.map { try StoreLocation($0) }
        for (name, uri) in (file.stores ?? [:]).sorted(by: { $0.key < $1.key }) {
            let location = try StoreLocation(name: name, uri: uri, from: origin ?? .commandLine)
            if !stores.contains(where: { $0.id == location.id }) { stores.append(location) }
        }
        for (index, store) in stores.enumerated() {
            for other in stores[..<index] {
                guard other.id != store.id else { throw Failure.usage("The store '\(store.id)' is named twice.") }
                guard other.place != store.place else {
                    throw Failure.usage("The stores '\(other.id)' and '\(store.id)' are in the same place.")
                }
            }
        }
        guard !stores.isEmpty else {
            throw Failure.usage(
                "No store is named; use --store NAME=sqlite:PATH or NAME=mongodb://HOSTS/DATABASE, or stores in the file of --config."
            )
        }
        self.stores = stores

        guard let control = options.control ?? file.control else {
            throw Failure.usage("No control store is named; use --control PATH, or control in the file of --config.")
        }
        // A bare path is a SQLite file.
        let uri = control.contains(":") ? control : "sqlite:\(control)"
        self.control = try StoreLocation.place(
            uri,
            of: "control",
            from: options.control == nil ? origin ?? .commandLine : .commandLine
        )

        let environment = ProcessInfo.processInfo.environment
        actor = options.actor ?? file.actor ?? environment["USER"].flatMap { $0.isEmpty ? nil : $0 } ?? "operator"
        createsFiles = options.create
        if let seconds = file.cutoverTimeoutSeconds, !(seconds > 0 && seconds.isFinite) {
            throw Failure.usage("cutoverTimeoutSeconds is \(seconds); it must be above 0.")
        }
        cutoverTimeout = file.cutoverTimeoutSeconds.map { .seconds($0) }
    }
}
