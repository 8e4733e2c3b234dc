internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// Writes content that lies in memory.
    ///
    /// - Parameters:
    ///   - name: under which name: 1 to 1,024 characters with the store's prefix, in parts separated by slashes.
    ///   - bytes: the content, possibly empty.
    ///   - options: its type, what to note about it, and when it may be written.
    /// - Returns: *applied* with the version, *rejected* when the condition does not hold, or *unknown*.
    /// - Throws: `invalidKey`, `keyTooLong`, `invalidArgument`; what the service answers. Then nothing was written.
    public func write(
        _ name: String,
        _ bytes: [UInt8],
        options: BlobContentOptions = BlobContentOptions()
    ) async throws(StoreError) -> WriteOutcome {
        do {
            return try await write(name, streaming: OneChunk(bytes: bytes), options: options)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.cancelled, "The upload was cancelled; nothing was written.", underlying: error).from(id)
        }
    }

    /// Streams content up in blocks; it becomes visible whole when the last block is there.
    ///
    /// The chunks may have any size. In memory are no more than ``BlobConfiguration/maximumConcurrentRequests`` blocks of
    /// ``BlobConfiguration/blockBytes``, and what has not made a block yet. When the stream throws, nothing becomes visible.
    ///
    /// - Parameters:
    ///   - name: under which name, as for ``write(_:_:options:)``.
    ///   - chunks: the content.
    ///   - options: its type, what to note about it, and when it may be written.
    /// - Returns: as ``write(_:_:options:)``.
    /// - Throws: what the stream throws, and `StoreError` as ``write(_:_:options:)``; `versionConflict` when another writer
    ///   replaced the content meanwhile.
    public func write<Chunks: AsyncSequence>(
        _ name: String,
        streaming chunks: Chunks,
        options: BlobContentOptions = BlobContentOptions()
    ) async throws -> WriteOutcome where Chunks.Element == [UInt8] {
        let maximum = configuration.maximumConcurrentRequests
        return try await write(name, streaming: chunks, options: options, maximumBlocks: maximum)
    }

    /// Streams content up with no more than a number of blocks under way.
    func write<Chunks: AsyncSequence>(
        _ name: String,
        streaming chunks: Chunks,
        options: BlobContentOptions,
        maximumBlocks: Int
    ) async throws -> WriteOutcome where Chunks.Element == [UInt8] {
        try door.admit()
        defer { door.leave() }
        do {
            let blob = try self.blob(name)
            let fields = try options.fields()
            guard let condition = try await self.condition(options, blob) else { return .rejected(.notFound) }
            var upload = BlockUpload(size: configuration.blockBytes, stamp: environment.random.stamp())
            var iterator = chunks.makeAsyncIterator()
            return try await withThrowingTaskGroup(of: [UInt8].self) { group in
                var underway = 0
                while let chunk = try await iterator.next() {
                    upload.add(chunk)
                    while let block = try upload.nextBlock() {
                        if underway == maximumBlocks {
                            if let arrived = try await group.next() { upload.reuse(arrived) }
                            underway -= 1
                        }
                        group.addTask { [self] in try await stage(block, blob, options.lease) }
                        underway += 1
                    }
                }
                if upload.blockIDs.isEmpty { return try await put(upload.takeRest(), blob, options, fields, condition) }
                if let block = try upload.lastBlock() {
                    if underway == maximumBlocks { _ = try await group.next() }
                    group.addTask { [self] in try await stage(block, blob, options.lease) }
                }
                try await group.waitForAll()
                return try await commit(upload, blob, options, fields, condition)
            }
        } catch let error as StoreError {
            throw error.from(id)
        }
    }

    /// The condition of the last request; nil when it cannot hold, because there is nothing to replace.
    private func condition(
        _ options: BlobContentOptions,
        _ blob: String
    ) async throws(StoreError) -> BlobGateway.PutCondition? {
        switch options.condition {
        case .upsert: .always
        case .insert: .missing
        case .replace: try await gateway.properties(blob, nil).map { .version($0.tag) }
        case .ifMatches(let tag): .version(tag)
        }
    }

    /// Content of one block is written in one request.
    private func put(
        _ bytes: [UInt8],
        _ blob: String,
        _ options: BlobContentOptions,
        _ fields: [(String, String)],
        _ condition: BlobGateway.PutCondition
    ) async throws(StoreError) -> WriteOutcome {
        var call = BlobGateway.Call(operation: "put_content", method: .put, blob: blob, body: .bytes(bytes))
        call.headers = [
            "x-ms-blob-type": "BlockBlob", "Content-Type": options.type,
            "Content-MD5": ContentMD5.headerValue(of: bytes),
        ]
        return try await write(call, fields, options, condition)
    }

    /// Brings one block to the service, where nobody sees it yet, and gives its bytes back.
    private func stage(
        _ block: BlockUpload.Block,
        _ blob: String,
        _ lease: BlobLease?
    ) async throws(StoreError) -> [UInt8] {
        var call = BlobGateway.Call(
            operation: "put_block",
            method: .put,
            blob: blob,
            query: [("comp", "block"), ("blockid", block.id)],
            headers: [
                "Content-Type": "application/octet-stream", "Content-MD5": ContentMD5.headerValue(of: block.bytes),
            ],
            body: .bytes(block.bytes),
            effect: .repeatableWrite,
            answers: [412]
        )
        if let lease { call.headers["x-ms-lease-id"] = lease.id }
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) { answer = try await gateway.send(call) } catch { throw error.storeError() }
        guard answer.response.isSuccess else { throw BlobGateway.refusal(BlobGateway.code(of: answer)) }
        return block.bytes
    }

    /// Makes the content of the blocks.
    private func commit(
        _ upload: BlockUpload,
        _ blob: String,
        _ options: BlobContentOptions,
        _ fields: [(String, String)],
        _ condition: BlobGateway.PutCondition
    ) async throws(StoreError) -> WriteOutcome {
        var xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>"
        for id in upload.blockIDs { xml += "<Latest>\(id)</Latest>" }
        xml += "</BlockList>"
        var call = BlobGateway.Call(
            operation: "put_block_list",
            method: .put,
            blob: blob,
            query: [("comp", "blocklist")],
            body: .bytes(Array(xml.utf8))
        )
        call.headers = [
            "Content-Type": "application/xml", "x-ms-blob-content-type": options.type,
            "x-ms-blob-content-md5": upload.md5.headerValue,
        ]
        return try await write(call, fields, options, condition)
    }

    private func write(
        _ call: BlobGateway.Call,
        _ fields: [(String, String)],
        _ options: BlobContentOptions,
        _ condition: BlobGateway.PutCondition
    ) async throws(StoreError) -> WriteOutcome {
        var call = call
        for (name, value) in fields { call.headers[name] = value }
        let blob = call.blob ?? ""
        if case .version(let tag) = condition, !BlobTag.isPossible(tag.text) { return try await gateway.mismatch(blob) }
        if let outcome = try await gateway.write(call, condition, stamp: environment.random.stamp(), store: id).outcome
        {
            return outcome
        }
        return options.condition == .insert ? .rejected(.exists) : try await gateway.mismatch(blob)
    }
}

/// Bytes in memory as a stream of one chunk.
private struct OneChunk: AsyncSequence, Sendable {
    struct Iterator: AsyncIteratorProtocol {
        var bytes: [UInt8]?

        mutating func next() async -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }

    let bytes: [UInt8]

    func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes) }
}
