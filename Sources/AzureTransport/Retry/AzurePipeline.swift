package import MigrationCore

/// Brings one call to its end: sign, send, classify, wait, and again, on one budget and one deadline.
///
/// An account has one pipeline for each of its services, and what they share: back-off, pacing, metrics. Decisions are
/// ``RetryMachine``'s; this carries them out.
package struct AzurePipeline: Sendable {
    let service: AzureService
    let transport: any HTTPTransport
    let signer: any RequestSigner
    let policy: RetryPolicy
    let backoff: AccountBackoff
    let pacer: ChargePacer?
    let metrics: AzureMetrics
    let timeline: Timeline
    let wallClock: @Sendable () -> WallTime
    let random: RandomSource

    /// - Parameters:
    ///   - policy: the budget of one call. A wait that the server asks for may be longer than its longest back-off.
    ///   - backoff: shared by everything that talks to the account.
    ///   - pacer: the account's budget of request units, where it has one.
    ///   - wallClock: what signatures are dated by.
    package init(
        service: AzureService,
        transport: any HTTPTransport,
        signer: any RequestSigner,
        policy: RetryPolicy = .azure,
        backoff: AccountBackoff? = nil,
        pacer: ChargePacer? = nil,
        metrics: AzureMetrics = AzureMetrics(),
        timeline: Timeline = Timeline(ContinuousClock()),
        wallClock: @escaping @Sendable () -> WallTime = { .now() },
        random: RandomSource = .system
    ) {
        self.service = service
        self.transport = transport
        self.signer = signer
        self.policy = policy
        self.backoff = backoff ?? AccountBackoff(timeline: timeline)
        self.pacer = pacer
        self.metrics = metrics
        self.timeline = timeline
        self.wallClock = wallClock
        self.random = random
    }

    /// Sends a call and collects its answer.
    ///
    /// - Throws: every failure, and every answer whose status is neither a success nor one of the call's answers.
    package func send(_ call: AzureCall) async throws(AzureError) -> AzureAnswer<HTTPResponse> {
        try await withAzureSpan(service, call.operation) { () async throws(AzureError) -> AzureAnswer<HTTPResponse> in
            try await run(call) { request async throws(TransportError) -> Exchange<HTTPResponse> in
                let response = try await transport.send(request)
                return Exchange(response: response, result: response)
            }
        }
    }

    /// A request as an attempt would send it: for one that travels inside the body of another.
    ///
    /// - Throws: `credential` when there is none.
    package func signed(_ request: HTTPRequest) async throws(AzureError) -> HTTPRequest {
        var request = request
        do throws(CredentialError) {
            try await signer.sign(&request, at: wallClock())
        } catch {
            var failure = AzureError(.credential, service: service)
            failure.credential = error
            throw failure
        }
        return request
    }

    /// Sends a call and returns the head of its answer; the body is pulled, and what goes wrong in it is the reader's.
    package func stream(_ call: AzureCall) async throws(AzureError) -> AzureAnswer<HTTPStreamedResponse> {
        try await withAzureSpan(service, call.operation) {
            () async throws(AzureError) -> AzureAnswer<HTTPStreamedResponse> in
            try await run(call) { request async throws(TransportError) -> Exchange<HTTPStreamedResponse> in
                var streamed = try await transport.stream(request)
                var response = HTTPResponse(status: streamed.status, headers: streamed.headers)
                if !(200..<300).contains(streamed.status) {
                    // A failure is small, and its code may stand in its body; read to its end, it leaves the connection usable.
                    response.body = try await streamed.body.collect(maximumBytes: 1 << 20)
                    streamed.body = HTTPBodyStream(collected: response.body)
                }
                return Exchange(response: response, result: streamed)
            }
        }
    }
}

/// One answered attempt: what decides about it, and what the caller gets.
struct Exchange<Result: Sendable>: Sendable {
    let response: HTTPResponse
    let result: Result
}

extension HTTPBodyStream {
    /// A stream of bytes that are there already.
    fileprivate convenience init(collected bytes: [UInt8]) {
        let rest = Locked(bytes)
        self.init(
            next: { () async throws(TransportError) -> [UInt8]? in
                rest.withLock { rest in
                    defer { rest = [] }
                    return rest.isEmpty ? nil : rest
                }
            }
        )
    }
}

extension RetryPolicy {
    /// What the adapters of Azure begin with: ten attempts in half a minute.
    package static let azure = RetryPolicy(
        maximumAttempts: 10,
        initialBackoff: .milliseconds(200),
        maximumBackoff: .seconds(8),
        deadline: .seconds(30)
    )
}
