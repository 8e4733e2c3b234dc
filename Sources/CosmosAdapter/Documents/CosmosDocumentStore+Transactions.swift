internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    /// The service's limit of one request.
    static let maximumRequestBytes = 2 << 20

    /// Reads what the writes are about, plays them through, and sends what comes out as one transactional batch under the
    /// versions that were read. When another writer was first, all of it is done again.
    public func transact(_ writes: [DocumentWrite]) async throws(StoreError) -> TransactionOutcome {
        try await door.enter { () async throws(StoreError) -> TransactionOutcome in
            try DocumentRules.check(transaction: writes, capabilities: capabilities)
            let collection = writes[0].key.collection
            let container = try await existingContainer(of: collection)
            let partition = try ItemKey(writes[0].key.partition, in: container.shape, collection).header
            return try await contended.run(collection) { () async throws(StoreError) -> TransactionOutcome? in
                var play = TransactionPlay(self, container)
                let keys = Array(Set(writes.map(\.key)))
                let valid = keys.filter {
                    (try? DocumentRules.check($0, capabilities: capabilities)) != nil
                        && (try? ItemID.text(of: $0.id, in: collection)) != nil
                }
                let found = await each(valid) { [self] (key) async throws(StoreError) in try await find(key) }
                for (key, result) in zip(valid, found) { play.add(key, try result.get()) }
                if let (index, rejection) = play.apply(writes) { return .rejected(index: index, rejection) }
                return try await send(play, writes, container, partition)
            }
        }
    }

    private func send(
        _ play: TransactionPlay,
        _ writes: [DocumentWrite],
        _ container: CosmosContainer,
        _ partition: String
    ) async throws(StoreError) -> TransactionOutcome? {
        let collection = writes[0].key.collection
        let context = StoreError.Context(collection: collection)
        let changes = try play.changes()
        let stamp = environment.random.stamp()
        guard !changes.isEmpty else { return .applied(play.tags(of: writes, [:], stamp)) }
        let doubt = AzureError(.outcomeUnknown, service: .cosmos).storeError(context)
        let end: CosmosGateway.BatchEnd
        do throws(AzureError) {
            end = try await gateway.transact(
                changes.map { $0.1.operation(isBulk: false) },
                effect: changes.contains { $0.1.effect == .repeatableWrite } ? .repeatableWrite : .write,
                partition: partition,
                in: container
            )
        } catch  where error.kind == .outcomeUnknown {
            return await resolve(stamp, play, writes, changes, container, error.storeError(context))
        } catch {
            throw error.storeError(context)
        }
        switch end {
        case .tooLarge(let bytes):
            throw StoreError(
                .unsupported,
                "The transaction has \(bytes) bytes, and the service takes 2 MiB; split it.",
                context: context
            )
        case .strange:
            return await resolve(stamp, play, writes, changes, container, doubt)
        case .applied(let tags):
            var written: [DocumentKey: ETag] = [:]
            for ((key, _), tag) in zip(changes, tags) { written[key] = tag.map { ETag($0) } }
            return .applied(play.tags(of: writes, written, stamp))
        case .refused(let index, let result, let mayHaveBeenApplied):
            if mayHaveBeenApplied { return await resolve(stamp, play, writes, changes, container, doubt) }
            switch (result.status, result.substatus) {
            case (409, 3301):
                let write = writes.lastIndex { $0.key == changes[index].0 } ?? 0
                return .rejected(
                    index: write,
                    .uniqueIndex(name: container.uniqueKeys.joined(separator: ";"))
                )
            case (404, _), (409, _), (412, _), (449, _): return nil
            case (429, _):
                throw StoreError(.throttled, "Cosmos DB asks for fewer requests; slow down.", context: context)
            case (410, _), (503, _):
                throw StoreError(.busy, "Cosmos DB is moving the data that was asked for; try again.", context: context)
            case (413, _):
                throw StoreError(.documentTooLarge, "An item is larger than Cosmos DB takes.", context: context)
            default:
                throw StoreError(
                    .invalidArgument,
                    "The service refused the transaction with status \(result.status)/\(result.substatus).",
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
        _ changes: [(DocumentKey, ItemChange)],
        _ container: CosmosContainer,
        _ error: StoreError
    ) async -> TransactionOutcome {
        var written: [DocumentKey: ETag] = [:]
        var isFound = false
        for (key, change) in changes where change.body != nil {
            guard case .applied(let tag?) = await resolve(change, in: container, key.collection, error) else {
                continue
            }
            written[key] = tag
            isFound = true
        }
        return isFound ? .applied(play.tags(of: writes, written, stamp)) : .unknown(error.from(id))
    }
}

extension CosmosGateway {
    /// How a transactional batch ended.
    enum BatchEnd: Sendable {
        /// All operations were applied; the versions of what was written, nil for deletes.
        case applied([String?])
        /// Nothing was applied, because of this operation.
        case refused(index: Int, OperationResult, mayHaveBeenApplied: Bool)
        /// Nothing was sent.
        case tooLarge(bytes: Int)
        /// The answer cannot be read.
        case strange
    }

    /// Sends operations that are applied together or not at all.
    ///
    /// - Parameter effect: that of the whole: one operation under a condition that can hold once only makes all repeatable.
    func transact(
        _ operations: [[UInt8]],
        effect: RequestEffect,
        partition: String,
        in container: CosmosContainer
    ) async throws(AzureError) -> BatchEnd {
        let body = Self.list(operations)
        guard body.count <= CosmosDocumentStore.maximumRequestBytes else { return .tooLarge(bytes: body.count) }
        let answer = try await send(
            Call(
                operation: "transact",
                method: .post,
                path: path(container.name, "docs"),
                headers: [
                    "x-ms-documentdb-partitionkey": partition, "x-ms-cosmos-is-batch-request": "True",
                    "x-ms-cosmos-batch-atomic": "True", "x-ms-cosmos-batch-continue-on-error": "False",
                ],
                body: body,
                effect: effect,
                container: container,
                operations: operations.count
            )
        )
        guard let results = OperationResult.all(answer.response.body), results.count == operations.count else {
            return .strange
        }
        guard let culprit = results.firstIndex(where: { $0.status >= 400 && $0.status != 424 }) else {
            return results.contains { $0.status >= 400 } ? .strange : .applied(results.map(\.etag))
        }
        return .refused(index: culprit, results[culprit], mayHaveBeenApplied: answer.mayHaveBeenApplied)
    }

    static func list(_ operations: [[UInt8]]) -> [UInt8] {
        var body: [UInt8] = [UInt8(ascii: "[")]
        for (index, operation) in operations.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += operation
        }
        body.append(UInt8(ascii: "]"))
        return body
    }
}
