internal import CutoverAzureTransport
public import MigrationCore

extension BlobContentStore {
    /// Begins to read what is under a name, or a range of it; nil when there is nothing.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - range: which bytes; those beyond the end are left out. Nil for all.
    /// - Throws: `invalidKey`, `keyTooLong`; `invalidArgument` for a negative or empty range, or one that begins beyond the end;
    ///   `corrupt` when bytes do not have their checksum; what the service answers.
    public func read(_ name: String, range: Range<Int>? = nil) async throws(StoreError) -> BlobContentReader? {
        try await door.enter { () async throws(StoreError) -> BlobContentReader? in
            if let range, range.lowerBound < 0 || range.isEmpty {
                throw StoreError(
                    .invalidArgument,
                    "A range of content has at least one byte, and none in front of the first."
                )
            }
            let blob = try self.blob(name)
            let start = range?.lowerBound ?? 0
            let end = min(range?.upperBound ?? .max, start + configuration.pieceBytes)
            guard let first = try await piece(blob, start..<end, of: nil) else {
                // Nothing at all, or nothing there: content without a byte has no range.
                guard let response = try await gateway.head(blob) else { return nil }
                let content = try BlobContent(name, response.headers, byteCount: Self.length(response))
                guard content.byteCount == 0, start == 0 else {
                    throw StoreError(
                        .invalidArgument,
                        "The range begins at byte \(start), and the content has \(content.byteCount)."
                    )
                }
                return BlobContentReader(store: self, blob: blob, content: content, range: 0..<0, first: [])
            }
            let content = try BlobContent(name, first.headers, byteCount: first.total)
            let whole = start..<min(range?.upperBound ?? .max, first.total)
            return BlobContentReader(store: self, blob: blob, content: content, range: whole, first: first.bytes)
        }
    }

    /// One piece of a blob, with its checksum checked; nil when there is nothing, or nothing at the range.
    ///
    /// - Parameter tag: the version that it must be of; nil for the first piece.
    func piece(
        _ blob: String,
        _ range: Range<Int>,
        of tag: ETag?
    ) async throws(StoreError) -> (bytes: [UInt8], headers: HTTPHeaders, total: Int)? {
        var call = BlobGateway.Call(
            operation: "get_content",
            method: .get,
            blob: blob,
            headers: [
                "x-ms-range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)", "x-ms-range-get-content-md5": "true",
            ],
            answers: [404, 412, 416],
            maximumResponseBytes: range.count + 1_024
        )
        if let tag { call.headers["If-Match"] = tag.text }
        let response = try await gateway.answer(call)
        switch response.status {
        case 404: return try BlobGateway.missing(response)
        case 416: return nil
        case 412:
            throw StoreError(
                .versionConflict,
                "Another writer replaced the content while it was read; read it again from the beginning."
            )
        default: break
        }
        let headers = response.headers
        // A server that passes the range over gives all of it, and no range.
        let total =
            headers["Content-Range"].map { $0.split(separator: "/").last.flatMap { Int($0) } ?? -1 }
            ?? response.body.count
        guard total >= 0, response.body.count == min(range.upperBound, total) - range.lowerBound else {
            throw StoreError(.internalInconsistency, "The service gave another range than was asked for; report this.")
        }
        if let checksum = headers["Content-MD5"], checksum != ContentMD5.headerValue(of: response.body) {
            throw BlobContentReader.damaged
        }
        return (response.body, headers, total)
    }
}

/// The bytes of one version of a content, pulled piece by piece.
///
/// Pieces have up to 4 MiB. Once an iteration has begun, the next ``BlobConfiguration/readAheadPieces`` of them are read before
/// they are asked for, side by side. Each iteration begins at the first byte again; all of them see the version that was there
/// when the reader was made, or end with `versionConflict` when it was replaced.
public struct BlobContentReader: AsyncSequence, Sendable {
    let store: BlobContentStore
    let blob: String
    /// What is read.
    public let content: BlobContent
    /// Which of its bytes.
    public let range: Range<Int>
    /// The first piece, which was read to find out.
    let first: [UInt8]

    static let damaged = StoreError(
        .corrupt,
        "Bytes of the content do not have their checksum; read them again, and restore the content if that does not help."
    )

    /// Begins at the first byte.
    public func makeAsyncIterator() -> Iterator { Iterator(reader: self) }

    /// All bytes together.
    ///
    /// - Throws: `documentTooLarge` when they are more than a maximum; as the pieces.
    public func collect(maximumBytes: Int) async throws(StoreError) -> [UInt8] {
        guard range.count <= maximumBytes else {
            throw StoreError(
                .documentTooLarge,
                "The content has \(range.count) bytes, and no more than \(maximumBytes) were asked for; read it in pieces."
            )
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var iterator = makeAsyncIterator()
        while let piece = try await iterator.next() { bytes += piece }
        return bytes
    }

    /// Pulls the pieces.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: BlobContentReader
        var offset: Int
        var checksum = ContentMD5()
        private let ahead: ReadAhead

        init(reader: BlobContentReader) {
            self.reader = reader
            offset = reader.range.lowerBound
            ahead = ReadAhead(
                reader.store,
                blob: reader.blob,
                tag: reader.content.etag,
                end: reader.range.upperBound
            )
        }

        /// The next piece, never empty; nil at the end.
        ///
        /// - Throws: `versionConflict`, `corrupt`, `closed`; what the service answers. After an error the iteration is over.
        public mutating func next() async throws(StoreError) -> [UInt8]? {
            let range = reader.range
            guard offset < range.upperBound else { return nil }
            let piece: [UInt8]
            do throws(StoreError) {
                if offset == range.lowerBound {
                    piece = reader.first
                    ahead.begin(at: offset + piece.count)
                } else {
                    piece = try await ahead.piece(at: offset)
                }
                offset += piece.count
                try check(piece)
            } catch {
                ahead.cancel()
                offset = range.upperBound
                throw error
            }
            return piece
        }

        /// Keeps the checksum of the whole; at its end it has to be the one that the writer left.
        private mutating func check(_ piece: [UInt8]) throws(StoreError) {
            guard reader.range.count == reader.content.byteCount else { return }
            checksum.update(piece)
            if offset == reader.range.upperBound, let md5 = reader.content.md5,
                Base64.text(md5) != checksum.headerValue
            {
                throw BlobContentReader.damaged.from(reader.store.id)
            }
        }

        /// The next piece, as ``next()`` gives it, on the actor of the caller.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> [UInt8]? {
            try await next()
        }
    }
}
