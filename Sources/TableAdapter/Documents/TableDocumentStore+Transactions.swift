internal import CutoverAzureTransport
public import MigrationCore

extension TableDocumentStore {
    /// Reads what the writes are about, plays them through, and sends what comes out as one entity-group transaction
    /// under the versions that were read. When another writer was first, all of it is done again.
    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await door.enter { () async throws(StoreError) -> TransactionOutcome in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
            let collection = writes[0].key.collection
            try await require(collection)
            return try await contended.run(collection) { () async throws(StoreError) -> TransactionOutcome? in
                var play = TransactionPlay(capabilities: capabilities, store: id)
                let keys = Array(Set(writes.map(\.key)))
                let valid = keys.filter {
                    (try? DocumentRules.check($0, capabilities: capabilities)) != nil && (try? EntityKey($0)) != nil
                }
                let found = await each(valid) { [self] (key) async throws(StoreError) in try await find(key)?.document }
                for (key, result) in zip(valid, found) { play.add(key, try result.get()) }
                if let (index, rejection) = play.apply(writes) { return .rejected(index: index, rejection) }
                return try await send(play, writes)
            }
        }
    }

    private func send(
        _ play: TransactionPlay,
        _ writes: [DocumentWrite]
    ) async throws(StoreError) -> TransactionOutcome? {
        let collection = writes[0].key.collection
        let context = StoreError.Context(collection: collection)
        let changes = try play.changes()
        let stamp = newStamp()
        guard !changes.isEmpty else { return .applied(play.tags(of: writes, [:], stamp)) }
        let table = try names.table(of: collection)
        let boundary = newStamp()
        let body = ChangeSet.body(
            changes.map(\.1),
            table: table,
            stamp: stamp,
            boundary: boundary,
            url: gateway.url
        )
        guard body.count <= ChangeSet.maximumBytes else {
            throw StoreError(
                .unsupported,
                "The transaction has \(body.count) bytes, and the service takes 4 MiB; split it.",
                context: context
            )
        }
        let call = TableGateway.Call(
            operation: "transact",
            method: .post,
            path: "$batch",
            headers: ["Content-Type": "multipart/mixed; boundary=batch_\(boundary)"],
            body: body,
            // One change under a condition that can hold once only makes all of them repeatable.
            effect: changes.contains { $0.1.effect == .repeatableWrite } ? .repeatableWrite : .write
        )
        let doubt = AzureError(.outcomeUnknown, service: .table).storeError(context)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(call)
        } catch  where error.kind == .outcomeUnknown {
            return await resolve(stamp, play, writes, changes, table, error.storeError(context))
        } catch {
            throw error.storeError(context)
        }
        switch ChangeSet.answer(answer.response, count: changes.count) {
        case nil:
            // Something was carried out, but not even its kind can be told.
            return await resolve(stamp, play, writes, changes, table, doubt)
        case .applied(let tags)?:
            var written: [DocumentKey: ETag] = [:]
            for ((key, _), tag) in zip(changes, tags) { written[key] = tag.map { ETag($0) } }
            return .applied(play.tags(of: writes, written, stamp))
        case .refused(let status, let code)?:
            if answer.mayHaveBeenApplied { return await resolve(stamp, play, writes, changes, table, doubt) }
            switch (status, code) {
            case (404, "TableNotFound"): throw Self.missing(collection)
            case (404, _), (409, "EntityAlreadyExists"), (412, _): return nil
            case (503, _), (500, _), (429, _):
                throw StoreError(.throttled, "The service asks for fewer requests; slow down.", context: context)
            default:
                throw StoreError(
                    .invalidArgument,
                    "The service refused the transaction with status \(status) (\(code)).",
                    context: context
                )
            }
        }
    }

    /// Looks for a transaction whose reply was lost: one of its writes is found only if all were applied.
    private func resolve(
        _ stamp: String,
        _ play: TransactionPlay,
        _ writes: [DocumentWrite],
        _ changes: [(DocumentKey, EntityChange)],
        _ table: String,
        _ error: StoreError
    ) async -> TransactionOutcome {
        var written: [DocumentKey: ETag] = [:]
        var isFound = false
        for (key, change) in changes where change.properties != nil {
            guard case .applied(let tag?) = await resolve(stamp, change, table, key.collection, error) else { continue }
            written[key] = tag
            isFound = true
        }
        return isFound ? .applied(play.tags(of: writes, written, stamp)) : .unknown(error.from(id))
    }
}

/// The writes of a transaction, played through on what was read.
private struct TransactionPlay {
    private struct Item {
        let original: StoredDocument?
        var current: Document?
        var isChanged = false
        /// The last write that put something here.
        var lastPut: Int?
    }

    private let capabilities: DocumentStoreCapabilities
    private let store: StoreID
    private var items: [DocumentKey: Item] = [:]

    init(capabilities: DocumentStoreCapabilities, store: StoreID) {
        self.capabilities = capabilities
        self.store = store
    }

    mutating func add(_ key: DocumentKey, _ document: StoredDocument?) {
        items[key] = Item(original: document, current: document?.document)
    }

    /// Plays the writes; returns the first that cannot be applied, and why.
    mutating func apply(_ writes: [DocumentWrite]) -> (Int, Rejection)? {
        for (index, write) in writes.enumerated() {
            do throws(StoreError) {
                try DocumentRules.check(write, capabilities: capabilities)
                _ = try EntityKey(write.key)
                if let rejection = try apply(write, index) { return (index, rejection) }
            } catch {
                return (index, .invalid(error.from(store)))
            }
        }
        return nil
    }

    private mutating func apply(_ write: DocumentWrite, _ index: Int) throws(StoreError) -> Rejection? {
        guard var item = items[write.key] else { return .notFound }
        func mismatch(_ tag: ETag) -> Rejection? {
            guard item.current != nil else { return .notFound }
            // What this transaction wrote has no version yet that anybody could know.
            guard !item.isChanged else { return .etagMismatch(current: nil) }
            return tag == item.original?.etag ? nil : .etagMismatch(current: item.original?.etag)
        }
        switch write.action {
        case .put(let document, let condition):
            switch condition {
            case .upsert: break
            case .insert: if item.current != nil { return .exists }
            case .replace: if item.current == nil { return .notFound }
            case .ifMatches(let tag): if let rejection = mismatch(tag) { return rejection }
            }
            item.current = document
            item.lastPut = index
        case .patch(let operations, let tag):
            if let tag, let rejection = mismatch(tag) { return rejection }
            guard let current = item.current else { return .notFound }
            let document = try operations.applied(to: current)
            try DocumentRules.check(document, for: write.key, capabilities: capabilities)
            item.current = document
            item.lastPut = index
        case .delete(let tag):
            if let tag, let rejection = mismatch(tag) { return rejection }
            guard item.current != nil else { return .notFound }
            item.current = nil
            item.lastPut = nil
        }
        item.isChanged = true
        items[write.key] = item
        return nil
    }

    /// What has to be done: one change for each key, under the version that was read.
    func changes() throws(StoreError) -> [(DocumentKey, EntityChange)] {
        var changes: [(DocumentKey, EntityChange)] = []
        for (key, item) in items where item.isChanged {
            let kind: EntityChange.Kind
            switch (item.original, item.current) {
            case (nil, nil): continue
            case (nil, .some): kind = .insert
            case (let original?, .some): kind = .replaceVersion(original.etag.text)
            case (let original?, nil): kind = .deleteVersion(original.etag.text)
            }
            let properties = item.current.map(EntityForm.properties(of:))
            changes.append((key, EntityChange(kind: kind, key: try EntityKey(key), properties: properties)))
        }
        return changes
    }

    /// The version of each write; one that a later write of the transaction has replaced gets a tag that nothing will
    /// ever have.
    func tags(of writes: [DocumentWrite], _ written: [DocumentKey: ETag], _ stamp: String) -> [ETag?] {
        writes.enumerated().map { index, write in
            if case .delete = write.action { return nil }
            if items[write.key]?.lastPut == index, let tag = written[write.key] { return tag }
            return ETag("W/\"replaced-\(stamp)-\(index)\"")
        }
    }
}
