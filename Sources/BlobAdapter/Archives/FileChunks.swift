internal import CutoverBlockingLanes
internal import MigrationCore

/// The bytes of a file, in chunks that are read on a lane. It throws at the end when the file was changed meanwhile.
struct FileChunks: AsyncSequence, Sendable {
    private static let chunkBytes = 1 << 20

    let file: LocalFile
    let lane: Lane

    struct Iterator: AsyncIteratorProtocol {
        let file: LocalFile
        let lane: Lane
        var offset = 0

        mutating func next() async throws -> [UInt8]? {
            let (file, start) = (file, offset)
            let bytes = try await lane.local { () throws(LocalError) in
                let bytes = try file.bytes(from: start, count: chunkBytes)
                if bytes.isEmpty { try file.checkUnchanged() }
                return bytes
            }
            offset += bytes.count
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(file: file, lane: lane) }
}

extension Lane {
    /// Runs work on files of this machine.
    ///
    /// - Throws: `LocalError`; `StoreError` with `cancelled`.
    func local<Value: Sendable>(
        _ body: @escaping @Sendable () throws(LocalError) -> Value
    ) async throws -> Value {
        switch await run({ Result { () throws(LocalError) in try body() } }) {
        case .finished(let result): return try result.get()
        case .cancelled, .stopped:
            throw StoreError(.cancelled, "The task was cancelled; archive the folder again to go on.")
        }
    }
}
