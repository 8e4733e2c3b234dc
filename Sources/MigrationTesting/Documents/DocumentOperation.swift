internal import MigrationCore

/// One generated call to a document store. Tags are given as versions of the model, so that a call is complete in itself.
enum DocumentOperation: Sendable {
    case write(ModelDocumentStore.Action, DocumentID)
    case batch([(ModelDocumentStore.Action, DocumentID)], BatchOrder)
    case transact([(ModelDocumentStore.Action, DocumentID)])
    case read(DocumentID)
    case readMany([DocumentID])
    case query(Filter, [SortField], limit: Int?, pageSize: Int)
    case count(Filter)
}

extension DocumentOperation: CustomStringConvertible {
    var description: String {
        switch self {
        case .write(let action, let id): "write \(Self.text(action, id))"
        case .batch(let writes, let order):
            "writeBatch \(order): \(writes.map { Self.text($0.0, $0.1) }.joined(separator: "; "))"
        case .transact(let writes): "transact: \(writes.map { Self.text($0.0, $0.1) }.joined(separator: "; "))"
        case .read(let id): "read \(id.text)"
        case .readMany(let ids): "readMany \(ids.map(\.text))"
        case .query(let filter, let sort, let limit, let pageSize):
            "query \(filter) sorted by \(sort) limit \(limit.map { "\($0)" } ?? "none") in pages of \(pageSize)"
        case .count(let filter): "count \(filter)"
        }
    }

    private static func text(_ action: ModelDocumentStore.Action, _ id: DocumentID) -> String {
        switch action {
        case .upsert(let document): "upsert \(id.text) \(document.json())"
        case .insert(let document): "insert \(id.text) \(document.json())"
        case .replace(let document): "replace \(id.text) \(document.json())"
        case .replaceVersion(let version, let document): "replace \(id.text) at version \(version) \(document.json())"
        case .patch(let operations, let version):
            "patch \(id.text) at \(version.map { "version \($0)" } ?? "any version") \(operations)"
        case .delete(let version): "delete \(id.text) at \(version.map { "version \($0)" } ?? "any version")"
        }
    }
}

/// A store and the model side by side, in one partition of their own.
struct DocumentComparison {
    let bed: DocumentBed
    let partition: PartitionKey
    var model = ModelDocumentStore()
    /// The tag of each version of the model, as the store gave it.
    var tags: [Int: ETag] = [:]

    private func key(_ id: DocumentID) -> DocumentKey { bed.key(id, partition) }

    private func tag(_ version: Int) -> ETag { tags[version] ?? ETag("version \(version)") }

    private func write(_ action: ModelDocumentStore.Action, _ id: DocumentID) -> DocumentWrite {
        switch action {
        case .upsert(let document): .put(document, to: key(id))
        case .insert(let document): .put(document, to: key(id), condition: .insert)
        case .replace(let document): .put(document, to: key(id), condition: .replace)
        case .replaceVersion(let version, let document):
            .put(document, to: key(id), condition: .ifMatches(tag(version)))
        case .patch(let operations, let version): .patch(key(id), operations, ifMatches: version.map { tag($0) })
        case .delete(let version): .delete(key(id), ifMatches: version.map { tag($0) })
        }
    }

    /// Runs one operation on both sides; throws `Mismatch` where they differ.
    mutating func run(_ operation: DocumentOperation) async throws {
        switch operation {
        case .write(let action, let id):
            let expected = model.apply(action, to: key(id))
            let seen: WriteOutcome
            do {
                seen = try await bed.store.write(write(action, id))
            } catch {
                guard let code = error.storeCode else { throw error }
                seen = .rejected(.invalid(StoreError(code, "")))
            }
            try compare(seen, expected, operation)
        case .batch(let writes, let order):
            let expected = model.apply(writes.map { ($0.0, key($0.1)) }, order: order)
            let seen = try await bed.store.writeBatch(writes.map { write($0.0, $0.1) }, order: order)
            try expectEqual(seen.count, expected.count, "the number of outcomes of \(operation)")
            for (seen, expected) in zip(seen, expected) { try compare(seen, expected, operation) }
        case .transact(let writes): try await transact(writes, operation)
        case .read(let id): try compare(try await bed.store.read(key(id)), id, operation)
        case .readMany(let ids):
            let seen = try await bed.store.readMany(ids.map { key($0) })
            try expectEqual(seen.count, ids.count, "the number of answers of \(operation)")
            for (seen, id) in zip(seen, ids) { try compare(seen, id, operation) }
        case .query(let filter, let sort, let limit, let pageSize):
            let query = DocumentQuery(bed.collection, partition: partition, where: filter, sort: sort, limit: limit)
            let seen = try await bed.all(query, pageSize: pageSize)
            let matching = model.entries.map { ($0.key, $0.value.document) }.filter { ModelQuery.matches(filter, $0.1) }
            let wanted = ModelQuery.sorted(matching, by: sort).map(\.0.id.text)
            let count = min(limit ?? .max, wanted.count)
            if sort.isEmpty {
                try expectEqual(Set(seen.ids).count, count, "the number of documents of \(operation)")
                try expect(
                    Set(seen.ids).isSubset(of: wanted),
                    "\(operation) returns some of \(wanted.sorted())",
                    seen: "\(seen.ids)"
                )
            } else {
                try expectEqual(seen.ids, Array(wanted.prefix(count)), "the ids of \(operation)")
            }
            for document in seen { try compare(document, document.key.id, operation) }
        case .count(let filter):
            let wanted = model.entries.values.count { ModelQuery.matches(filter, $0.document) }
            let seen = try await bed.store.count(bed.collection, partition: partition, where: filter)
            try expectEqual(seen, wanted, "the answer to \(operation)")
        }
    }

    private mutating func transact(
        _ writes: [(ModelDocumentStore.Action, DocumentID)],
        _ operation: DocumentOperation
    ) async throws {
        let (expected, refused) = model.transact(writes.map { ($0.0, key($0.1)) })
        let seen: TransactionOutcome
        do {
            seen = try await bed.store.transact(writes.map { write($0.0, $0.1) })
        } catch {
            // An invalid write may also be thrown.
            guard let code = error.storeCode, case .invalid(code)? = refused?.outcome else { throw error }
            return
        }
        switch (seen, refused) {
        case (.applied(let tags), nil):
            try expectEqual(tags.count, expected.count, "the number of tags of \(operation)")
            for (tag, outcome) in zip(tags, expected) { try compare(.applied(tag), outcome, operation) }
        case (.rejected(let index, let rejection), let refused?):
            try expectEqual(index, refused.index, "the index of the refused write of \(operation)")
            try compare(.rejected(rejection), refused.outcome, operation)
        default:
            throw Mismatch(
                expectation: "\(operation) ends as \(refused.map { "\($0)" } ?? "applied")",
                observed: brief(seen)
            )
        }
    }

    private mutating func compare(
        _ seen: WriteOutcome,
        _ expected: ModelDocumentStore.Outcome,
        _ operation: DocumentOperation
    ) throws {
        switch (seen, expected) {
        case (.applied(let tag), .applied(let version)):
            guard let version else { return try expectEqual(tag, nil, "the tag of \(operation)") }
            let tag = try expectNotNil(tag, "\(operation) returns a tag")
            try expect(
                !tags.values.contains(tag),
                "\(operation) returns a new tag",
                seen: "\(tag), which was given before"
            )
            tags[version] = tag
        case (.rejected(.exists), .exists), (.rejected(.notFound), .notFound), (.rejected(.skipped), .skipped),
            (.rejected(.etagMismatch), .mismatch):
            return
        case (.rejected(.invalid(let error)), .invalid(let code)) where error.code == code: return
        default: throw Mismatch(expectation: "\(operation) ends as \(expected)", observed: brief(seen))
        }
    }

    private func compare(_ seen: StoredDocument?, _ id: DocumentID, _ operation: DocumentOperation) throws {
        let entry = model.entries[key(id)]
        try expect(
            seen?.document.bson == entry?.document.bson,
            "\(operation) reads \(id.text) as \(entry?.document.json() ?? "missing")",
            seen: seen?.document.json() ?? "missing"
        )
        try expectEqual(seen?.etag, entry.flatMap { tags[$0.version] }, "the tag of \(id.text) in \(operation)")
    }
}
