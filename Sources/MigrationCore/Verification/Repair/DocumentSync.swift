/// Makes the target hold what the source holds under one key, by conditional writes.
struct DocumentSync: Sendable {
    /// How it ended.
    enum Outcome {
        /// The target was changed and now equals the source.
        case changed
        /// The target equalled the source.
        case alreadyRight
        /// It could not be done; the target holds what it held, or a newer state of the source.
        case failed(StoreError)
    }

    let source: any DocumentStore
    let target: any DocumentStore
    let digest: DigestOptions
    let retrier: Retrier

    private static let maximumRounds = 8

    /// What the target holds.
    private enum Held {
        case document(StoredDocument?)
        case unreadable
    }

    func bringIntoLine(_ key: DocumentKey) async throws(StoreError) -> Outcome {
        var hasChanged = false
        do throws(StoreError) {
            for _ in 0..<Self.maximumRounds {
                let held = try await readTarget(key)
                // The source is read after the target, so what is written is at least as new as what it replaces.
                let wanted = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                    try await source.read(key)
                }
                guard let write = Self.write(key, wanted: wanted, held: held, digest: digest) else {
                    return hasChanged ? .changed : .alreadyRight
                }
                let outcome = try await retrier(repeatsUnknown: false) { () throws(StoreError) in
                    try await target.write(write)
                }
                // Whatever the outcome: both sides are read again, and only their agreement ends this.
                switch outcome {
                case .applied, .unknown: hasChanged = true
                case .rejected(.invalid(let error)): throw error
                case .rejected(.uniqueIndex(let name)):
                    throw StoreError(
                        .invalidDocument,
                        "Another document of the target holds the same value of the unique index \(name); repair that one first.",
                        context: .init(store: target.id, collection: key.collection)
                    )
                case .rejected: break
                }
            }
            return .failed(
                StoreError(
                    .versionConflict,
                    "The document changed on one side in each round; repair it again when it rests.",
                    context: .init(store: target.id, collection: key.collection)
                )
            )
        } catch {
            switch error.code.category {
            case .authorization, .routing, .indeterminate: throw error
            case .data where error.code != .corrupt: throw error
            case .caller where error.code == .closed: throw error
            case .caller, .conflict, .data, .transient: return .failed(error)
            }
        }
    }

    /// The write that is needed; `nil` when both sides agree.
    private static func write(
        _ key: DocumentKey,
        wanted: StoredDocument?,
        held: Held,
        digest: DigestOptions
    ) -> DocumentWrite? {
        switch (wanted, held) {
        case (nil, .document(nil)): nil
        case (nil, .document(let held?)): .delete(key, ifMatches: held.etag)
        case (nil, .unreadable): .delete(key)
        case (let wanted?, .document(nil)): put(wanted, .insert)
        case (let wanted?, .document(let held?)):
            wanted.document.canonicalDigest(digest) == held.document.canonicalDigest(digest)
                ? nil : put(wanted, .ifMatches(held.etag))
        // What cannot be read has no version to compare; it must at least still be there.
        case (let wanted?, .unreadable): put(wanted, .replace)
        }
    }

    private static func put(_ document: StoredDocument, _ condition: WriteCondition) -> DocumentWrite {
        .put(
            document.document,
            to: document.key,
            condition: condition,
            lifetime: document.expiresAt.map { .until($0) } ?? .forever
        )
    }

    private func readTarget(_ key: DocumentKey) async throws(StoreError) -> Held {
        do throws(StoreError) {
            return .document(
                try await retrier(repeatsUnknown: true) { () throws(StoreError) in try await target.read(key) }
            )
        } catch {
            guard error.code == .corrupt else { throw error }
            return .unreadable
        }
    }
}
