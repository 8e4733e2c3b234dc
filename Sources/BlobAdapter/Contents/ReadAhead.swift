internal import CutoverAzureTransport
internal import MigrationCore

/// Reads the pieces of a content before they are asked for: a bounded number at a time, in the order in which they are given.
///
/// Each request carries the version of the content, so that pieces of two versions never follow each other. Whoever lets go of it
/// ends what is under way.
final class ReadAhead: Sendable {
    private typealias Fetch = Task<Result<[UInt8], StoreError>, Never>

    private let store: BlobContentStore
    private let blob: String
    private let tag: ETag
    private let end: Int
    /// What is under way or waits to be given, by its first byte.
    private let fetches = Locked<[Int: Fetch]>([:])

    /// - Parameters:
    ///   - tag: the version that every piece must be of.
    ///   - end: the byte behind the last one.
    init(_ store: BlobContentStore, blob: String, tag: ETag, end: Int) {
        (self.store, self.blob, self.tag, self.end) = (store, blob, tag, end)
    }

    deinit { cancel() }

    /// Begins to read what follows a byte, as far as there is room.
    func begin(at offset: Int) {
        let (limit, size) = (store.configuration.readAheadPieces, store.configuration.pieceBytes)
        let starts = stride(from: offset, to: end, by: size).prefix(limit)
        fetches.withLock { fetches in
            for start in starts where fetches[start] == nil && fetches.count < limit {
                let wanted = start..<min(start + size, end)
                fetches[start] = Fetch { [store, blob, tag] in await Self.fetch(wanted, of: blob, tag, in: store) }
            }
        }
    }

    /// The piece that begins at a byte; then those behind it are read.
    func piece(at offset: Int) async throws(StoreError) -> [UInt8] {
        guard !Task.isCancelled else {
            throw StoreError(.cancelled, "The task was cancelled while it read content.").from(store.id)
        }
        begin(at: offset)
        guard let fetch = fetches.withLock({ $0.removeValue(forKey: offset) }) else {
            // Another copy of the iterator is somewhere else, and its pieces leave no room.
            let wanted = offset..<min(offset + store.configuration.pieceBytes, end)
            return try await Self.fetch(wanted, of: blob, tag, in: store).get()
        }
        let result = await withTaskCancellationHandler {
            await fetch.value
        } onCancel: {
            fetch.cancel()
        }
        let bytes = try result.get()
        begin(at: offset + bytes.count)
        return bytes
    }

    /// Ends what is under way, and forgets what was read.
    func cancel() {
        let ended = fetches.withLock { fetches in
            defer { fetches = [:] }
            return fetches.values.map(\.self)
        }
        for fetch in ended { fetch.cancel() }
    }

    private static func fetch(
        _ wanted: Range<Int>,
        of blob: String,
        _ tag: ETag,
        in store: BlobContentStore
    ) async -> Result<[UInt8], StoreError> {
        do throws(StoreError) {
            let bytes = try await store.door.enter { () async throws(StoreError) -> [UInt8] in
                guard let piece = try await store.piece(blob, wanted, of: tag) else {
                    throw StoreError(.versionConflict, "The content was removed while it was read.")
                }
                return piece.bytes
            }
            return .success(bytes)
        } catch {
            return .failure(error)
        }
    }
}
