internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    public func writeBatch(_ writes: [DocumentWrite], order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await door.enter { () async throws(StoreError) -> [WriteOutcome] in
            guard order == .unordered, writes.count > 1 else { return try await oneByOne(writes, order) }
            let outcomes = await inBulk(writes)
            // What could not go in bulk goes by itself, in the order of the batch.
            let rest = writes.indices.filter { outcomes[$0] == nil }
            guard !rest.isEmpty else { return outcomes.compactMap(\.self) }
            let single = try await oneByOne(rest.map { writes[$0] }, order)
            var all = outcomes
            for (index, outcome) in zip(rest, single) { all[index] = outcome }
            return all.compactMap(\.self)
        }
    }

    private func oneByOne(_ writes: [DocumentWrite], _ order: BatchOrder) async throws(StoreError) -> [WriteOutcome] {
        try await DocumentBatch.apply(
            writes,
            order: order,
            limit: configuration.maximumConcurrentRequests,
            store: id
        ) { [self] (write) async throws(StoreError) in try await checkAndApply(write) }
    }
}

/// Many writes in one request: to one physical range, each on its own.
extension CosmosDocumentStore {
    /// One write of a bulk request.
    private struct Operation: Sendable {
        let index: Int
        let key: DocumentKey
        let change: ItemChange
        let bytes: [UInt8]
    }

    /// What goes to one range of a container.
    private struct Request: Sendable {
        let container: CosmosContainer
        let collection: CollectionName
        let range: String
        var operations: [Operation]
    }

    /// The caps that the official clients use.
    private static let maximumOperations = 100
    private static let maximumBulkBytes = 220_201

    /// The outcome of each write that went in bulk; nil for those that must go by themselves.
    private func inBulk(_ writes: [DocumentWrite]) async -> [WriteOutcome?] {
        var outcomes = [WriteOutcome?](repeating: nil, count: writes.count)
        // Writes of one key follow each other, which nothing promises within a request.
        var counts: [DocumentKey: Int] = [:]
        for write in writes { counts[write.key, default: 0] += 1 }
        var groups: [CollectionName: [Int]] = [:]
        for (index, write) in writes.enumerated() where counts[write.key] == 1 {
            groups[write.key.collection, default: []].append(index)
        }
        for (collection, indices) in groups where indices.count > 1 {
            guard let requests = try? await requests(indices, writes, collection) else { continue }
            let ended = await each(requests) { [self] (request) async throws(StoreError) in await send(request) }
            for case .success(let results) in ended {
                for (index, outcome) in results { outcomes[index] = outcome }
            }
        }
        return outcomes
    }

    private func requests(
        _ indices: [Int],
        _ writes: [DocumentWrite],
        _ collection: CollectionName
    ) async throws(StoreError) -> [Request] {
        guard let container = try await container(of: collection), container.shape.hashVersion == 2 else { return [] }
        let ranges = try await ranges.ranges(of: container, gateway, .init(collection: collection))
        var groups: [String: [Operation]] = [:]
        for index in indices {
            let write = writes[index]
            // What is refused here goes by itself, which says why.
            guard (try? DocumentRules.check(write, capabilities: capabilities)) != nil,
                let change = try? directChange(write, in: container),
                let key = try? ItemKey(write.key.partition, in: container.shape, collection)
            else { continue }
            let place = PartitionPlace.effectiveKey(key.components, isHierarchical: container.shape.isHierarchical)
            guard let range = ranges.first(where: { $0.contains(place) }) else { continue }
            groups[range.id, default: []].append(
                Operation(index: index, key: write.key, change: change, bytes: change.operation(isBulk: true))
            )
        }
        var requests: [Request] = []
        for (range, operations) in groups {
            var request = Request(container: container, collection: collection, range: range, operations: [])
            var bytes = 0
            for operation in operations {
                let isFull =
                    request.operations.count == Self.maximumOperations
                    || bytes + operation.bytes.count > Self.maximumBulkBytes
                if isFull, !request.operations.isEmpty {
                    requests.append(request)
                    (request.operations, bytes) = ([], 0)
                }
                request.operations.append(operation)
                bytes += operation.bytes.count + 1
            }
            requests.append(request)
        }
        return requests
    }

    /// Sends a request; nil for writes that were not applied and are to be sent by themselves.
    private func send(_ request: Request) async -> [(Int, WriteOutcome?)] {
        let context = StoreError.Context(collection: request.collection)
        var isRepeatable = true
        for operation in request.operations where operation.change.effect != .repeatableWrite { isRepeatable = false }
        let call = CosmosGateway.Call(
            operation: "bulk",
            method: .post,
            path: gateway.path(request.container.name, "docs"),
            headers: [
                "x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "False",
                "x-ms-cosmos-batch-continue-on-error": "True",
            ],
            body: CosmosGateway.list(request.operations.map(\.bytes)),
            effect: isRepeatable ? .repeatableWrite : .write,
            container: request.container,
            range: request.range,
            operations: request.operations.count
        )
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(call)
        } catch  where error.kind == .outcomeUnknown {
            return await resolve(request.operations, request, error.storeError(context))
        } catch {
            // Nothing was applied; each write by itself meets the same trouble, or finds its new range.
            if error.status == 410 { ranges.forget(request.container) }
            return request.operations.map { ($0.index, nil) }
        }
        let doubt = AzureError(.outcomeUnknown, service: .cosmos).storeError(context)
        guard let results = OperationResult.all(answer.response.body), results.count == request.operations.count else {
            return await resolve(request.operations, request, doubt)
        }
        var outcomes: [(Int, WriteOutcome?)] = []
        var doubtful: [Operation] = []
        for (operation, result) in zip(request.operations, results) {
            switch result.status {
            case 200..<300:
                let isDelete = operation.change.body == nil
                outcomes.append((operation.index, .applied(isDelete ? nil : result.etag.map { ETag($0) })))
            case 404, 409, 412:
                if answer.mayHaveBeenApplied {
                    doubtful.append(operation)
                } else {
                    outcomes.append((operation.index, await refusal(result, operation, request)))
                }
            case 408, 500, 502, 504: doubtful.append(operation)
            case 410:
                ranges.forget(request.container)
                outcomes.append((operation.index, nil))
            default: outcomes.append((operation.index, nil))
            }
        }
        return outcomes + (await resolve(doubtful, request, doubt))
    }

    private func refusal(_ result: OperationResult, _ operation: Operation, _ request: Request) async -> WriteOutcome? {
        switch (result.status, result.substatus) {
        case (409, 3301): .rejected(.uniqueIndex(name: request.container.uniqueKeys.joined(separator: ";")))
        case (409, _): .rejected(.exists)
        case (404, 1003): nil
        case (404, _): .rejected(.notFound)
        default: (try? await mismatch(operation.key)).map { .rejected($0) }
        }
    }

    private func resolve(
        _ operations: [Operation],
        _ request: Request,
        _ error: StoreError
    ) async -> [(Int, WriteOutcome?)] {
        var outcomes: [(Int, WriteOutcome?)] = []
        for operation in operations {
            let outcome = await resolve(operation.change, in: request.container, request.collection, error)
            outcomes.append((operation.index, outcome))
        }
        return outcomes
    }
}
