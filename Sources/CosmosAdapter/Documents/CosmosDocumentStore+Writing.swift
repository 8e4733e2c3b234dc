internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    public func write(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try await door.enter { () async throws(StoreError) -> WriteOutcome in try await checkAndApply(write) }
    }

    func checkAndApply(_ write: DocumentWrite) async throws(StoreError) -> WriteOutcome {
        try DocumentRules.check(write, capabilities: capabilities)
        let container = try await existingContainer(of: write.key.collection)
        guard let change = try directChange(write, in: container) else {
            return try await readAndApply(write, container)
        }
        switch try await perform(change, in: container, write.key.collection) {
        case .ended(let outcome): return outcome
        case .refused(404): return .rejected(.notFound)
        case .refused(409): return .rejected(.exists)
        case .refused: return .rejected(try await mismatch(write.key))
        }
    }

    /// The change that does a write without reading first; nil for one that needs to know what is there.
    func directChange(_ write: DocumentWrite, in container: CosmosContainer) throws(StoreError) -> ItemChange? {
        let kind: ItemChange.Kind
        var document: Document?
        switch write.action {
        case .put(let new, let condition):
            document = new
            switch condition {
            case .upsert: kind = .upsert
            case .insert: kind = .insert
            case .replace: kind = .replace
            case .ifMatches(let tag):
                guard Self.isPossible(tag) else { return nil }
                kind = .replaceVersion(tag.text)
            }
        case .patch: return nil
        case .delete(nil): kind = .delete
        case .delete(let tag?):
            guard Self.isPossible(tag) else { return nil }
            kind = .deleteVersion(tag.text)
        }
        // An item that has expired may still be there, and must not count.
        if configuration.keepsLifetimes {
            guard case .upsert = kind else { return nil }
        }
        let expiry = configuration.keepsLifetimes ? try self.expiry(of: write, in: container) : nil
        return try change(kind, write.key, document, expiresAt: expiry, in: container)
    }

    /// Makes a change of an item.
    func change(
        _ kind: ItemChange.Kind,
        _ key: DocumentKey,
        _ document: Document?,
        expiresAt: WallTime?,
        in container: CosmosContainer
    ) throws(StoreError) -> ItemChange {
        let itemID = try ItemID.text(of: key.id, in: key.collection)
        let partition = try ItemKey(key.partition, in: container.shape, key.collection)
        if configuration.documentsAgreeWithKeys, let document { try partition.refuseContradiction(by: document, key) }
        let extras = ItemForm.Extras(
            stamp: environment.random.stamp(),
            expiresAt: expiresAt,
            timeToLive: timeToLive(expiresAt, in: container)
        )
        let body = document.map { ItemForm.json($0, id: itemID, key: partition, extras) }
        if let body, body.count > ItemForm.maximumItemBytes {
            throw StoreError(
                .documentTooLarge,
                "The item has \(body.count) bytes, and Cosmos DB takes 2 MiB; make the document smaller.",
                context: .init(collection: key.collection)
            )
        }
        return ItemChange(kind: kind, id: itemID, partition: partition.header, body: body, stamp: extras.stamp)
    }

    /// Reads, decides and writes under the version that was read, so that nothing of another writer is lost.
    private func readAndApply(
        _ write: DocumentWrite,
        _ container: CosmosContainer
    ) async throws(StoreError) -> WriteOutcome {
        try await contended.run(write.key.collection) { () async throws(StoreError) -> WriteOutcome? in
            let found = try await find(write.key)
            var play = TransactionPlay(self, container)
            play.add(write.key, found)
            if let (_, rejection) = play.apply([write]) {
                if case .invalid(let error) = rejection { throw error }
                return .rejected(rejection)
            }
            guard let (_, change) = try play.changes().first else {
                throw CosmosGateway.strange(.init(collection: write.key.collection))
            }
            guard case .ended(let outcome) = try await perform(change, in: container, write.key.collection) else {
                return nil
            }
            return outcome
        }
    }

    var contended: ContendedWrite {
        ContendedWrite(timeline: environment.timeline, deadline: configuration.deadline, random: environment.random)
    }

    /// Why a condition on a version does not hold: there is another one, or none.
    func mismatch(_ key: DocumentKey) async throws(StoreError) -> Rejection {
        guard let found = try await find(key), let document = found.document else { return .notFound }
        return .etagMismatch(current: document.etag)
    }

    /// Whether a text can be a version at all; another one is no condition that the service could be asked about.
    static func isPossible(_ tag: ETag) -> Bool {
        let bytes = tag.text.utf8
        guard (3...512).contains(bytes.count), bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"")
        else { return false }
        return bytes.dropFirst().dropLast().allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    }
}

extension CosmosDocumentStore {
    /// How a change ended.
    enum ChangeEnd: Sendable {
        case ended(WriteOutcome)
        /// Its condition did not hold, by this status, and no attempt of it can have been applied.
        case refused(Int)
    }

    /// Sends a change. Each write carries a mark of its own, by which it is found again when its reply was lost.
    func perform(
        _ change: ItemChange,
        in container: CosmosContainer,
        _ collection: CollectionName
    ) async throws(StoreError) -> ChangeEnd {
        let path = gateway.path(container.name, "docs")
        let call = CosmosGateway.Call(
            operation: "change_item",
            method: change.method,
            path: change.namesItem ? path + [change.id] : path,
            headers: change.headers,
            body: change.body,
            effect: change.effect,
            answers: [404, 409, 412],
            container: container
        )
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(call)
        } catch  where error.kind == .outcomeUnknown {
            return .ended(await resolve(change, in: container, collection, error.storeError(context)))
        } catch {
            throw error.storeError(context)
        }
        let (status, substatus) = (answer.response.status, answer.facts.substatus ?? 0)
        guard [404, 409, 412].contains(status) else {
            guard change.body != nil else { return .ended(.applied(nil)) }
            guard let tag = answer.response.headers["ETag"] else { throw CosmosGateway.strange(context) }
            return .ended(.applied(ETag(tag)))
        }
        if answer.mayHaveBeenApplied {
            // The refusal may be the work of an earlier attempt of this very change.
            let doubt = AzureError(.outcomeUnknown, service: .cosmos).storeError(context)
            return .ended(await resolve(change, in: container, collection, doubt))
        }
        switch (status, substatus) {
        case (409, 3301): return .ended(.rejected(.uniqueIndex(name: container.uniqueKeys.joined(separator: ";"))))
        case (404, 1003): throw try await gone(collection)
        case (404, _) where !change.namesItem: throw try await gone(collection)
        default: return .refused(status)
        }
    }

    /// What it means that a container is not there any more.
    private func gone(_ collection: CollectionName) async throws(StoreError) -> StoreError {
        remember(nil, of: collection)
        return Self.missing(collection)
    }

    /// Looks for a write whose reply was lost. Finding it is conclusive; not finding it is not: another write may have
    /// come on top, or the request may still arrive.
    func resolve(
        _ change: ItemChange,
        in container: CosmosContainer,
        _ collection: CollectionName,
        _ error: StoreError
    ) async -> WriteOutcome {
        guard change.body != nil,
            let item = try? await gateway.item(change.id, change.partition, in: container, collection),
            item.stamp == change.stamp
        else { return .unknown(error.from(id)) }
        return .applied(ETag(item.etag))
    }
}
