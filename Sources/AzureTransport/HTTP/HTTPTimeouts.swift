/// A part of an exchange that has a time limit of its own.
package enum HTTPPhase: String, Sendable, Hashable, CaseIterable {
    /// Name resolution, TCP, proxy and TLS, until the request can be written.
    case connect
    /// The silence between the last byte of the request and the first byte of the answer.
    case firstByte
    /// Silence in the middle of the request's body or of the answer.
    case betweenBytes
    /// The whole exchange, with its wait for a free connection; of a streamed answer, up to its head.
    case total
}

/// How long each part of an exchange may take; nil means without a limit.
///
/// While a stream is paused because its own reader or its own source is slow, the limit between bytes does not run. The total
/// ends with the head of a streamed answer, as nobody knows how long its reader takes; the request's deadline always runs.
package struct HTTPTimeouts: Sendable, Hashable {
    package var connect: Duration?
    package var firstByte: Duration?
    package var betweenBytes: Duration?
    package var total: Duration?

    package init(
        connect: Duration? = .seconds(10),
        firstByte: Duration? = .seconds(65),
        betweenBytes: Duration? = .seconds(30),
        total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.betweenBytes = betweenBytes
        self.total = total
    }
}
