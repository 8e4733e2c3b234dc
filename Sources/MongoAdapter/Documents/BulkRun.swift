internal import MigrationCore

/// The first writes of a batch that one command can carry: of one kind, and each to another key where they could undo each other.
struct BulkRun {
    enum Kind {
        case inserts
        /// Inserts under ids that MongoDB may take for another one's.
        case numberedInserts
        case upserts
        /// Replacements of documents that have to be there, or to have a version.
        case replacements
        /// One write that goes by itself.
        case single
    }

    let kind: Kind
    private(set) var count = 0

    init(_ writes: ArraySlice<DocumentWrite>) {
        kind = writes.first.map(Self.kind) ?? .single
        // Of two inserts to one place the server applies the first, as it would in two commands.
        let mayRepeatKeys = kind == .inserts || kind == .single
        var keys = Set<DocumentKey>(minimumCapacity: mayRepeatKeys ? 0 : writes.count)
        for write in writes {
            guard Self.kind(of: write) == kind, mayRepeatKeys || keys.insert(write.key).inserted else { break }
            count += 1
            if kind == .single { break }
        }
    }

    private static func kind(of write: DocumentWrite) -> Kind {
        // A new symbol does not go to its usual place.
        if case .symbol = write.key.id.value, DocumentPlace.first(write.key) != .usual(write.key) { return .single }
        let isPlain = DocumentPlace.hasOne(write.key)
        return switch write.action {
        case .put(_, .insert): isPlain ? .inserts : .numberedInserts
        case .put(_, .upsert): isPlain ? .upserts : .single
        case .put(_, .replace), .put(_, .ifMatches): DirectWriter.takes(write) ? .replacements : .single
        case .patch, .delete: .single
        }
    }
}
