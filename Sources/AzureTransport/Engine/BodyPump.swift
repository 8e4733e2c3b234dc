/// Pulls a streamed body out of its source and into the engine, as fast as the server takes it.
struct BodyPump: Sendable {
    let source: HTTPBodySource
    let pipe: UploadPipe
    let transfer: CurlTransfer

    /// Runs until the source has ended, failed, or nobody wants more of it.
    func run() async {
        do throws(TransportError) {
            try await pull(from: source.makeReader())
        } catch {
            pipe.fail(with: error)
            transfer.callForAttention()
        }
    }

    /// Asks a source that announced no bytes for its first chunk: there must be none.
    func expectNothing() async throws(TransportError) {
        try await pull(from: source.makeReader())
    }

    /// The last chunk is held back until the source has said that it was the last: one that goes on is found out while the
    /// request is incomplete, so that the server cannot act upon it.
    private func pull(from reader: HTTPBodySource.Reader) async throws(TransportError) {
        var held: [UInt8] = []
        var count = 0
        while let chunk = try await next(of: reader) {
            guard !chunk.isEmpty else { continue }
            guard chunk.count <= source.length - count else {
                throw failure("The source of the body has more than the \(source.length) bytes that it announced.")
            }
            count += chunk.count
            if !held.isEmpty {
                guard await offer(held) else { return }
            }
            held = chunk
        }
        guard count == source.length else {
            throw failure(
                "The source of the body ended after \(count) of the \(source.length) bytes that it announced."
            )
        }
        if !held.isEmpty { _ = await offer(held) }
    }

    private func next(of reader: HTTPBodySource.Reader) async throws(TransportError) -> [UInt8]? {
        do {
            return try await reader()
        } catch {
            if Task.isCancelled {
                throw transfer.error(.cancelled, "The request was cancelled.", mayHaveArrived: false)
            }
            throw failure("The source of the body failed.", error)
        }
    }

    private func offer(_ chunk: [UInt8]) async -> Bool {
        await pipe.offer(chunk) { transfer.callForAttention() }
    }

    /// The body is incomplete, so whatever has arrived of it has no effect.
    private func failure(_ message: String, _ underlying: (any Error)? = nil) -> TransportError {
        transfer.error(.bodySource, message, mayHaveArrived: false, underlying: underlying)
    }
}
