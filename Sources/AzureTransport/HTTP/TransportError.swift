/// Why an exchange did not end with an answer.
///
/// Two questions decide what to do: ``Code/isRetryable``, whether another attempt may succeed, and ``requestMayHaveArrived``,
/// whether the server may have acted upon this one. Nothing that was sent or received stands in it, beside the name of the host.
package struct TransportError: Error, Sendable {
    /// The kind of failure.
    package let code: Code
    /// One sentence for the operator; without secrets, paths and payloads.
    package let message: String
    /// The host that was asked, where one is known.
    package let host: String?
    /// True when the whole request, or a part that the server could act upon, may have reached it: the outcome of a write is unknown.
    package let requestMayHaveArrived: Bool
    /// The error that the source of a streamed body threw.
    package let underlying: (any Error)?

    package init(
        _ code: Code,
        _ message: String,
        host: String? = nil,
        requestMayHaveArrived: Bool,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.host = host
        self.requestMayHaveArrived = requestMayHaveArrived
        self.underlying = underlying
    }

    /// Whether another attempt may succeed without anybody changing anything. Whether it may be made is another question.
    package var isRetryable: Bool { code.isRetryable }
}

extension TransportError {
    /// The kind of a ``TransportError``.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: Hashable {
            case bodySource, cancelled, connectionRefused, internalFailure, invalidRequest, protocolViolation, proxy,
                proxyRefused
            case reset, resolve, stopped, tls, tooLarge, truncated, unreachable
            case timeout(HTTPPhase)
        }

        private let kind: Kind

        /// Whether another attempt may succeed.
        package var isRetryable: Bool {
            switch kind {
            case .connectionRefused, .proxy, .reset, .resolve, .timeout, .truncated, .unreachable: true
            case .bodySource, .cancelled, .internalFailure, .invalidRequest, .protocolViolation, .proxyRefused,
                .stopped, .tls,
                .tooLarge:
                false
            }
        }

        /// The phase whose time was up, or nil for every other kind.
        package var timedOutPhase: HTTPPhase? {
            if case .timeout(let phase) = kind { phase } else { nil }
        }

        package var description: String {
            if case .timeout(let phase) = kind { "timeout(\(phase.rawValue))" } else { "\(kind)" }
        }

        /// The source of a streamed body threw, or did not yield the promised number of bytes.
        package static let bodySource = Code(kind: .bodySource)
        /// The task was cancelled, or the stream was given up.
        package static let cancelled = Code(kind: .cancelled)
        /// Nobody listens at that port.
        package static let connectionRefused = Code(kind: .connectionRefused)
        /// The library refused a call that it must accept, or there was no memory.
        package static let internalFailure = Code(kind: .internalFailure)
        /// The request cannot be sent as it is.
        package static let invalidRequest = Code(kind: .invalidRequest)
        /// What came back is not HTTP.
        package static let protocolViolation = Code(kind: .protocolViolation)
        /// The proxy cannot be reached or failed.
        package static let proxy = Code(kind: .proxy)
        /// The proxy refused the connection or the credentials.
        package static let proxyRefused = Code(kind: .proxyRefused)
        /// The connection broke before the first byte of the answer.
        package static let reset = Code(kind: .reset)
        /// The name of the host, or of the proxy, has no address.
        package static let resolve = Code(kind: .resolve)
        /// The transport was stopped.
        package static let stopped = Code(kind: .stopped)
        /// The server's certificate is not trusted, or the handshake failed.
        package static let tls = Code(kind: .tls)
        /// The request, the head or the body of the answer is larger than its limit.
        package static let tooLarge = Code(kind: .tooLarge)
        /// The connection broke in the middle of the answer.
        package static let truncated = Code(kind: .truncated)
        /// There is no way to the host.
        package static let unreachable = Code(kind: .unreachable)

        /// The time of a phase was up.
        package static func timeout(_ phase: HTTPPhase) -> Code { Code(kind: .timeout(phase)) }
    }
}

extension TransportError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        var text = "TransportError.\(code)"
        if let host { text += " (host: \(host))" }
        return text
    }

    package var debugDescription: String {
        let arrival = requestMayHaveArrived ? "the request may have arrived" : "the request did not arrive"
        return "\(description): \(message) [\(arrival)]"
    }

    package var customMirror: Mirror { Mirror(self, children: ["error": debugDescription]) }
}
