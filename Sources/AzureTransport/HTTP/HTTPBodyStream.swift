/// The body of an answer, pulled by one reader; what is not pulled is not received.
///
/// Letting go of the stream before its end cancels the exchange and gives its connection up.
package final class HTTPBodyStream: Sendable {
    private let pull: @Sendable () async throws(TransportError) -> [UInt8]?
    private let abandon: @Sendable () -> Void

    /// - Parameters:
    ///   - next: The next chunk, never empty, or nil at the end.
    ///   - cancel: Called when the reader loses interest, whether or not the end was reached; it must not wait.
    package init(
        next: @escaping @Sendable () async throws(TransportError) -> [UInt8]?,
        cancel: @escaping @Sendable () -> Void = {}
    ) {
        self.pull = next
        self.abandon = cancel
    }

    deinit {
        abandon()
    }

    /// Waits for the next chunk; nil is the end of a complete body. A body that was cut short ends with `truncated`.
    package func next() async throws(TransportError) -> [UInt8]? {
        try await pull()
    }

    /// Ends the exchange now; a later `next` throws `cancelled`.
    package func cancel() {
        abandon()
    }

    /// All bytes up to the end.
    ///
    /// - Throws: `tooLarge` as soon as the sum passes the maximum.
    package func collect(maximumBytes: Int) async throws(TransportError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next() {
            guard chunk.count <= maximumBytes - bytes.count else {
                cancel()
                throw TransportError(
                    .tooLarge,
                    "The answer is longer than the limit of \(maximumBytes) bytes.",
                    requestMayHaveArrived: true
                )
            }
            bytes += chunk
        }
        return bytes
    }
}
