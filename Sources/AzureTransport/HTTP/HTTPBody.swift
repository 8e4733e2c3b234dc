/// What a request carries.
package enum HTTPBody: Sendable {
    /// Nothing; `PUT`, `POST`, `PATCH` and `MERGE` say `Content-Length: 0`.
    case none
    /// Bytes in memory; may be empty.
    case bytes([UInt8])
    /// Bytes that are pulled while they are sent, so that a large body never lies in memory.
    case stream(HTTPBodySource)

    /// How many bytes are sent: the value of `Content-Length`.
    package var length: Int {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .stream(let source): source.length
        }
    }

    /// Whether a second attempt can send the same bytes again.
    package var isReplayable: Bool {
        switch self {
        case .none, .bytes: true
        case .stream(let source): source.isReplayable
        }
    }
}

/// A body of known length that is pulled chunk by chunk.
package struct HTTPBodySource: Sendable {
    /// Returns the next chunk, or nil at the end. Called by one task at a time, never again after nil or an error.
    package typealias Reader = @Sendable () async throws -> [UInt8]?

    /// The exact sum of all chunks. A source that ends early or goes on longer fails the request.
    package let length: Int
    /// Whether `makeReader` may be called again and then yields the same bytes.
    package let isReplayable: Bool
    /// Begins at the first byte; called once for each attempt.
    package let makeReader: @Sendable () -> Reader

    package init(length: Int, isReplayable: Bool, makeReader: @escaping @Sendable () -> Reader) {
        self.length = length
        self.isReplayable = isReplayable
        self.makeReader = makeReader
    }
}

extension HTTPBody: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of bytes and never the bytes.
    package var description: String {
        switch self {
        case .none: "no body"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .stream(let source): "a stream of \(source.length) bytes"
        }
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
