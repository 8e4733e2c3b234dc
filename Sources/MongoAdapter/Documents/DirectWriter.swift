internal import MigrationCore

/// Applies writes by single commands, outside of transactions, wherever one command both checks and writes.
///
/// What a command did not apply is not explained here: the caller looks again in a transaction. Commands that write one document are
/// repeated by libmongoc under the same number, which the server applies once.
struct DirectWriter {
    let client: MongoClient
    let database: String
    let now: WallTime
    let etags: ETagSource
    let defaultLifetime: Duration?

    /// Whether a single command decides: the document can be at one place only.
    static func takes(_ write: DocumentWrite) -> Bool {
        guard DocumentPlace.candidates(write.key).count == 1 else { return false }
        return switch write.action {
        case .put(_, .ifMatches(let tag)): !StoredForm.isContentTag(tag)
        case .put: true
        case .delete(let tag): tag.map { !StoredForm.isContentTag($0) } ?? true
        case .patch: false
        }
    }

    /// Applies one write; nil when its condition did not hold, or the reason has to be looked up.
    func apply(_ write: DocumentWrite) throws(StoreError) -> WriteOutcome? {
        let place = DocumentPlace.candidates(write.key)[0]
        switch write.action {
        case .put(let body, .insert):
            return try insert([(write, body)], ordered: true)[0]
        case .put(let body, let condition):
            var query = place.query
            switch condition {
            case .upsert, .insert: break
            case .replace: query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
            case .ifMatches(let tag):
                query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
                query.append(StoredForm.versionPath, .string(tag.text))
            }
            return try update([(write, body, query)], upserts: condition == .upsert)[0]
        case .delete(let tag):
            var query = place.query
            query.append(StoredForm.expiryPath, ["$not": ["$lte": .date(now)]])
            if let tag { query.append(StoredForm.versionPath, .string(tag.text)) }
            let reply = try run(
                [
                    "delete": .string(write.key.collection.nameInMongoDB),
                    "deletes": [["q": .document(query), "limit": 1]],
                ]
            )
            return reply["n"] == .int32(1) ? .applied(nil) : nil
        case .patch: return nil
        }
    }

    /// Inserts documents by one command.
    ///
    /// - Returns: One outcome for each; nil for one whose place is taken, and, if `ordered`, for all behind it.
    func insert(
        _ writes: [(write: DocumentWrite, body: Document)],
        ordered: Bool,
        in session: MongoSession? = nil
    ) throws(StoreError) -> [WriteOutcome?] {
        let tags = writes.map { _ in etags.next() }
        let collection = writes[0].write.key.collection
        let command = command("insert", on: collection, "documents", ordered: ordered) { writer in
            for (index, item) in writes.enumerated() {
                writer.appendHeader(.document, index: index)
                append(item.body, item.write, tags[index], to: &writer)
            }
        }
        return try outcomes(of: command, writes.map(\.write), tags, ordered: ordered, in: session)
    }

    /// Replaces documents by one command, each where its query finds it, or anew if that is asked for.
    ///
    /// Without `upserts` it takes a single write, since the reply counts only all together.
    func update(
        _ writes: [(write: DocumentWrite, body: Document, query: Document)],
        upserts: Bool
    ) throws(StoreError) -> [WriteOutcome?] {
        precondition(upserts || writes.count == 1, "The outcomes of several conditional updates cannot be told apart.")
        let tags = writes.map { _ in etags.next() }
        let collection = writes[0].write.key.collection
        let command = command("update", on: collection, "updates", ordered: false) { writer in
            for (index, item) in writes.enumerated() {
                writer.appendHeader(.document, index: index)
                let update = writer.beginDocument()
                writer.append("q", .document(item.query))
                writer.appendHeader(.document, "u")
                append(item.body, item.write, tags[index], to: &writer)
                if upserts { writer.append("upsert", true) }
                writer.endDocument(update)
            }
        }
        return try outcomes(
            of: command,
            writes.map(\.write),
            tags,
            ordered: false,
            needsMatch: !upserts,
            in: nil
        )
    }

    // MARK: Commands

    private func append(_ body: Document, _ write: DocumentWrite, _ tag: ETag, to writer: inout BSONWriter) {
        StoredForm.append(
            body,
            key: write.key,
            at: DocumentPlace.candidates(write.key)[0],
            etag: tag,
            expiresAt: write.expiry(now: now, default: defaultLifetime),
            to: &writer
        )
    }

    private func command(
        _ name: String,
        on collection: CollectionName,
        _ items: String,
        ordered: Bool,
        _ fill: (inout BSONWriter) -> Void
    ) -> Document {
        var writer = BSONWriter(reservingCapacity: 16_384)
        let start = writer.beginDocument()
        writer.append(name, .string(collection.nameInMongoDB))
        writer.append("ordered", .bool(ordered))
        writer.appendHeader(.array, items)
        let array = writer.beginDocument()
        fill(&writer)
        writer.endDocument(array)
        writer.endDocument(start)
        return Document(validatedBSON: writer.bytes)
    }

    private func run(_ command: Document, in session: MongoSession? = nil) throws(StoreError) -> Document {
        do throws(StoreError) {
            return try client.command(command, on: database, session == nil ? .write : .plain, in: session)
        } catch {
            throw session == nil ? error.ofWrite() : error
        }
    }

    private func outcomes(
        of command: Document,
        _ writes: [DocumentWrite],
        _ tags: [ETag],
        ordered: Bool,
        needsMatch: Bool = false,
        in session: MongoSession?
    ) throws(StoreError) -> [WriteOutcome?] {
        let reply: Document
        do throws(StoreError) {
            reply = try run(command, in: session)
        } catch  where error.code == .outcomeUnknown {
            return resolve(writes, tags, after: error)
        }
        var outcomes = tags.map { WriteOutcome?.some(.applied($0)) }
        if needsMatch, reply["n"] != .int32(1) { outcomes = [nil] }
        guard case .array(let errors)? = reply["writeErrors"] else { return outcomes }
        for case .document(let item) in errors {
            guard case .int32(let index)? = item["index"], outcomes.indices.contains(Int(index)) else { continue }
            let failure = MongoFailure(item)
            outcomes[Int(index)] = Self.outcome(of: failure)
            if ordered { for rest in (Int(index) + 1)..<max(Int(index) + 1, outcomes.count) { outcomes[rest] = nil } }
        }
        return outcomes
    }

    /// How a write ended that the server refused; nil where the place was taken, which is to be explained.
    private static func outcome(of failure: MongoFailure) -> WriteOutcome? {
        if let name = failure.refusingIndex { return .rejected(.uniqueIndex(name: name)) }
        return failure.code == ServerCode.duplicateKey ? nil : .rejected(.invalid(StoreError(failure)))
    }

    /// Looks for writes whose reply was lost: one that is found was applied, whatever one that is not found will do.
    private func resolve(_ writes: [DocumentWrite], _ tags: [ETag], after error: StoreError) -> [WriteOutcome?] {
        var found: Set<String> = []
        let places = writes.map { DocumentPlace.candidates($0.key)[0].value }
        do throws(StoreError) {
            unsafe try client.find(
                ["_id": ["$in": .array(places)]],
                in: writes[0].key.collection.nameInMongoDB,
                of: database,
                options: ["projection": .document([StoredForm.versionPath: 1])]
            ) { (bytes) throws(StoreError) in
                let document = try unsafe Document(storedBSON: bytes)
                if case .string(let tag)? = document[path: FieldPath(StoredForm.versionPath)] { found.insert(tag) }
                return true
            }
        } catch {
            // Then nothing is known about any of them.
        }
        return tags.map { found.contains($0.text) ? .applied($0) : .unknown(error) }
    }
}
