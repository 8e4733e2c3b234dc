internal import CutoverAzureTransport
public import MigrationCore

extension TableDocumentStore {
    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in try await checkAndApply(write) }
    }

    public func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await door.enter { () async throws(StoreError) -> [WriteOutcome] in
            try await DocumentBatch.apply(
                writes,
                order: order,
                limit: configuration.maximumConcurrentRequests,
                store: id
            ) { [self] (write) async throws(StoreError) in try await checkAndApply(write) }
        }
    }

    private func checkAndApply(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let place = try EntityKey(write.key)
        let kind: EntityChange.Kind
        var document: Document?
        switch write.action {
        case .put(let new, let condition):
            document = new
            switch condition {
            case .upsert: kind = .put
            case .insert: kind = .insert
            case .replace: kind = .replace
            case .ifMatches(let tag):
                guard Self.isPossible(tag) else { return .rejected(try await mismatch(write.key)) }
                kind = .replaceVersion(tag.text)
            }
        case .patch(let operations, let tag): return try await patch(operations, write.key, at: tag)
        case .delete(nil): kind = .delete
        case .delete(let tag?):
            guard Self.isPossible(tag) else { return .rejected(try await mismatch(write.key)) }
            kind = .deleteVersion(tag.text)
        }
        let change = EntityChange(kind: kind, key: place, properties: document.map(EntityForm.properties(of:)))
        switch try await perform(change, write.key.collection) {
        case .ended(let outcome): return outcome
        case .refused(404): return .rejected(.notFound)
        case .refused(409): return .rejected(.exists)
        case .refused: return .rejected(try await mismatch(write.key))
        }
    }

    /// Reads, changes and writes back under the version that was read, so that nothing of another writer is lost.
    private func patch(
        _ operations: [PatchOperation],
        _ key: DocumentKey,
        at tag: ETag?
    ) async throws(StoreError) -> WriteOutcome {
        try await contended.run(key.collection) { () async throws(StoreError) -> WriteOutcome? in
            guard let current = try await find(key)?.document else {
                // A missing collection is an error for a write, and nothing for a read.
                try await require(key.collection)
                return .rejected(.notFound)
            }
            if let tag, tag != current.etag { return .rejected(.etagMismatch(current: current.etag)) }
            let document = try operations.applied(to: current.document)
            try DocumentRules.check(document, for: key, capabilities: capabilities)
            let change = EntityChange(
                kind: .replaceVersion(current.etag.text),
                key: try EntityKey(key),
                properties: EntityForm.properties(of: document)
            )
            guard case .ended(let outcome) = try await perform(change, key.collection) else { return nil }
            return outcome
        }
    }

    var contended: ContendedWrite {
        ContendedWrite(timeline: environment.timeline, deadline: configuration.deadline, random: environment.random)
    }

    /// Why a condition on a version does not hold: there is another one, or none.
    private func mismatch(_ key: DocumentKey) async throws(StoreError) -> Rejection {
        let place = try EntityKey(key)
        let table = try names.table(of: key.collection)
        guard let entity = try await gateway.entity(table, place, key.collection) else {
            try await require(key.collection)
            return .notFound
        }
        return .etagMismatch(current: (try? entity.get()).map { ETag($0.etag) })
    }

    /// Whether a text can be a version at all; another one is no condition that the service could be asked about.
    static func isPossible(_ tag: ETag) -> Bool {
        let bytes = tag.text.utf8
        guard (4...512).contains(bytes.count), tag.text.hasPrefix("W/\""), bytes.last == UInt8(ascii: "\"") else {
            return false
        }
        return bytes.dropFirst(3).dropLast().allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    }
}

extension TableDocumentStore {
    /// How a change ended.
    enum ChangeEnd: Sendable {
        case ended(WriteOutcome)
        /// Its condition did not hold, by this status, and no attempt of it can have been applied.
        case refused(Int)
    }

    /// Sends a change. Each write carries a mark of its own, by which it is found again when its reply was lost.
    func perform(_ change: EntityChange, _ collection: CollectionName) async throws(StoreError) -> ChangeEnd {
        let table = try names.table(of: collection)
        let stamp = newStamp()
        let call = TableGateway.Call(
            operation: "change_entity",
            method: change.method(),
            path: change.path(table),
            headers: change.headers,
            body: change.body(stamp: stamp),
            effect: change.effect,
            answers: [404, 409, 412]
        )
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(call)
        } catch  where error.kind == .outcomeUnknown {
            return .ended(await resolve(stamp, change, table, collection, error.storeError(context)))
        } catch {
            throw error.storeError(context)
        }
        let status = answer.response.status
        guard [404, 409, 412].contains(status) else {
            guard change.properties != nil else { return .ended(.applied(nil)) }
            guard let tag = answer.response.headers["ETag"] else { throw TableGateway.strange(context) }
            return .ended(.applied(ETag(tag)))
        }
        if TableGateway.isTableMissing(answer.facts) { throw Self.missing(collection) }
        if answer.mayHaveBeenApplied {
            // The refusal may be the work of an earlier attempt of this very change.
            let doubt = AzureError(.outcomeUnknown, service: .table).storeError(context)
            return .ended(await resolve(stamp, change, table, collection, doubt))
        }
        guard
            ["ResourceNotFound", "EntityNotFound", "EntityAlreadyExists", "UpdateConditionNotSatisfied"]
                .contains(answer.facts.errorCode ?? "")
        else {
            throw StoreError(
                .busy,
                "The service refused a change because of something that passes; try again.",
                context: context
            )
        }
        return .refused(status)
    }

    func newStamp() -> String { environment.random.stamp() }

    /// Looks for a write whose reply was lost. Finding it is conclusive; not finding it is not: another write may have
    /// come on top.
    func resolve(
        _ stamp: String,
        _ change: EntityChange,
        _ table: String,
        _ collection: CollectionName,
        _ error: StoreError
    ) async -> WriteOutcome {
        guard change.properties != nil,
            case .success(let entity)? = try? await gateway.entity(table, change.key, collection),
            entity.stamp == stamp
        else { return .unknown(error.from(id)) }
        return .applied(ETag(entity.etag))
    }
}
