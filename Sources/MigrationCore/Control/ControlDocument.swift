/// The form that all documents of the control plane share: a version, a revision and named fields.
///
/// An unknown version is refused, never guessed. The revision is drawn for each write, so that a write whose outcome is
/// unknown is found again by reading.
enum ControlDocument {
    /// The version that this library writes, and the newest that it reads.
    static let version: Int32 = 1

    /// Begins a document of a kind.
    static func make(_ kind: String, revision: UInt64) -> Document {
        ["v": .int32(version), "kind": .string(kind), "revision": .string(Hex.text(revision))]
    }

    /// Checks version and kind of a document that was read. Throws `newerSchema` or `corrupt`.
    static func check(_ document: Document, kind: String) throws(StoreError) {
        guard case .int32(let version) = document["v"], document["kind"] == .string(kind) else {
            throw corrupt(kind, "v or kind")
        }
        guard version == Self.version else {
            throw StoreError(
                .newerSchema,
                "The \(kind) document has version \(version), this library knows \(Self.version); update it."
            )
        }
    }

    static func corrupt(_ kind: String, _ field: String) -> StoreError {
        StoreError(
            .corrupt,
            "The \(kind) document's field \(field) is missing or is not what it must be; restore or repair it."
        )
    }
}

/// Reads the fields of a control document, each of its one type.
struct ControlReader {
    let document: Document
    let kind: String

    func text(_ name: String) throws(StoreError) -> String {
        guard case .string(let text) = document[name] else { throw ControlDocument.corrupt(kind, name) }
        return text
    }

    func optionalText(_ name: String) throws(StoreError) -> String? {
        document[name] == nil ? nil : try text(name)
    }

    func number(_ name: String) throws(StoreError) -> Int64 {
        guard case .int64(let number) = document[name] else { throw ControlDocument.corrupt(kind, name) }
        return number
    }

    func time(_ name: String) throws(StoreError) -> WallTime {
        guard case .date(let time) = document[name] else { throw ControlDocument.corrupt(kind, name) }
        return time
    }

    func optionalTime(_ name: String) throws(StoreError) -> WallTime? {
        document[name] == nil ? nil : try time(name)
    }

    func reader(_ name: String) throws(StoreError) -> ControlReader? {
        guard let value = document[name] else { return nil }
        guard case .document(let inner) = value else { throw ControlDocument.corrupt(kind, name) }
        return ControlReader(document: inner, kind: kind)
    }

    func readers(_ name: String) throws(StoreError) -> [ControlReader] {
        guard case .array(let values) = document[name] else { throw ControlDocument.corrupt(kind, name) }
        var readers: [ControlReader] = []
        for value in values {
            guard case .document(let inner) = value else { throw ControlDocument.corrupt(kind, name) }
            readers.append(ControlReader(document: inner, kind: kind))
        }
        return readers
    }

    func store(_ name: String) throws(StoreError) -> StoreID { try StoreID(text(name)) }

    func optionalStore(_ name: String) throws(StoreError) -> StoreID? {
        document[name] == nil ? nil : try store(name)
    }

    func migration(_ name: String) throws(StoreError) -> MigrationID {
        guard let id = MigrationID(try text(name)) else { throw ControlDocument.corrupt(kind, name) }
        return id
    }

    func optionalMigration(_ name: String) throws(StoreError) -> MigrationID? {
        document[name] == nil ? nil : try migration(name)
    }

    func state(_ name: String) throws(StoreError) -> MigrationState {
        guard let state = MigrationState(parsing: try text(name)) else {
            throw StoreError(
                .newerSchema,
                "The \(kind) document holds a state that this library does not know; update it."
            )
        }
        return state
    }

    func optionalState(_ name: String) throws(StoreError) -> MigrationState? {
        document[name] == nil ? nil : try state(name)
    }
}

extension Document {
    mutating func set(_ name: String, _ text: String?) {
        if let text { self[name] = .string(text) }
    }

    mutating func set(_ name: String, _ time: WallTime?) {
        if let time { self[name] = .date(time) }
    }
}
