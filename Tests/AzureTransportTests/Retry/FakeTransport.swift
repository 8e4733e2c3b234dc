import CutoverAzureTransport
import MigrationCore

/// A transport that answers from a script, or by a function, and keeps what it was sent.
final class FakeTransport: HTTPTransport {
    enum Reply: Sendable {
        case answer(HTTPResponse)
        case failure(TransportError)

        static func status(_ status: Int, _ headers: HTTPHeaders = [:], body: String = "") -> Reply {
            .answer(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
        }

        /// The request did not leave.
        static let refused = Reply.failure(
            TransportError(.connectionRefused, "Nobody listens.", requestMayHaveArrived: false)
        )
        /// The request left, and no answer came.
        static let lost = Reply.failure(TransportError(.reset, "The connection broke.", requestMayHaveArrived: true))
    }

    private let answer: @Sendable (HTTPRequest, Int) async throws(TransportError) -> HTTPResponse
    private let log = Locked<[HTTPRequest]>([])

    init(_ answer: @escaping @Sendable (HTTPRequest, Int) async throws(TransportError) -> HTTPResponse) {
        self.answer = answer
    }

    /// Gives the replies in order; the last one again and again.
    convenience init(_ replies: Reply...) {
        self.init { _, index throws(TransportError) in
            switch replies[min(index, replies.count - 1)] {
            case .answer(let response): return response
            case .failure(let error): throw error
            }
        }
    }

    /// Everything that was sent.
    var requests: [HTTPRequest] { log.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let index = log.withLock { log in
            log.append(request)
            return log.count - 1
        }
        return try await answer(request, index)
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStreamedResponse {
        let response = try await send(request)
        let rest = Locked<[UInt8]>(response.body)
        let body = HTTPBodyStream(
            next: { () async throws(TransportError) -> [UInt8]? in
                rest.withLock { rest in
                    defer { rest = [] }
                    return rest.isEmpty ? nil : rest
                }
            }
        )
        return HTTPStreamedResponse(status: response.status, headers: response.headers, body: body)
    }
}

/// A clock that stands still until somebody sleeps on it: a sleep moves it at once by the time slept.
final class LeapingClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private let state = Locked<(now: Duration, slept: [Duration])>((.zero, []))

    var now: Instant { Instant(offset: state.withLock { $0.now }) }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// Every sleep so far.
    var slept: [Duration] { state.withLock { $0.slept } }

    func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.slept.append(deadline.offset - state.now)
            state.now = max(state.now, deadline.offset)
        }
    }
}

/// Signs by counting: each attempt has its number.
final class CountingSigner: RequestSigner {
    private let state = Locked<(signed: Int, discarded: Int)>((0, 0))

    var signed: Int { state.withLock { $0.signed } }
    var discarded: Int { state.withLock { $0.discarded } }

    func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
        let number = state.withLock { state in
            state.signed += 1
            return state.signed
        }
        request.headers["x-ms-date"] = time.httpDate
        request.headers["Authorization"] = "attempt \(number)"
    }

    func discardCredential(of request: HTTPRequest) -> Bool {
        state.withLock { $0.discarded += 1 }
        return true
    }
}
