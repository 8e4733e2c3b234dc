import CutoverAzureTransport
import MigrationCore
import MigrationTesting
import Testing

@Suite("A call goes through the pipeline")
struct AzurePipelineTests {
    let clock = LeapingClock()
    let wall = ManualWallClock()
    let signer = CountingSigner()

    private func pipeline(
        _ transport: FakeTransport,
        service: AzureService = .cosmos,
        backoff: AccountBackoff? = nil,
        policy: RetryPolicy = .azure
    ) -> AzurePipeline {
        AzurePipeline(
            service: service,
            transport: transport,
            signer: signer,
            policy: policy,
            backoff: backoff,
            timeline: Timeline(clock),
            wallClock: { [wall] in wall.now },
            random: SeededRandom.source(seed: 7)
        )
    }

    private func call(_ effect: RequestEffect, answers: Set<Int> = []) throws -> AzureCall {
        let request = HTTPRequest(method: .post, url: try #require(HTTPURL("https://a.example/dbs/D/colls/C/docs")))
        return AzureCall("create_item", request, effect: effect, answers: answers)
    }

    @Test("each attempt is signed anew, and the request units of all are summed")
    func retries() async throws {
        let transport = FakeTransport(
            .status(429, ["x-ms-retry-after-ms": "40", "x-ms-request-charge": "0.5"]),
            .status(449, ["x-ms-request-charge": "1.25"]),
            .refused,
            .status(201, ["x-ms-request-charge": "7"], body: "{}")
        )
        let answer = try await pipeline(transport).send(try call(.write))
        #expect(answer.response.status == 201)
        #expect(answer.attempts == 4)
        #expect(answer.charge == 8.75)
        #expect(!answer.mayHaveBeenApplied)
        #expect(transport.requests.map { $0.headers["Authorization"] } == (1...4).map { "attempt \($0)" })
        #expect(clock.slept.count == 3)
        #expect(clock.slept[0] >= .milliseconds(40))
    }

    @Test("each attempt gets the time that is left of the call")
    func deadline() async throws {
        let clock = clock
        let transport = FakeTransport { _, _ throws(TransportError) in
            clock.advance(by: .seconds(4))
            throw TransportError(.timeout(.total), "", requestMayHaveArrived: true)
        }
        var call = try self.call(.read)
        call.deadline = .seconds(10)
        let error = await #expect(throws: AzureError.self) { try await pipeline(transport).send(call) }
        #expect(error?.storeCode == .timeout)
        let limits = transport.requests.compactMap(\.timeouts.total)
        #expect(limits[0] == .seconds(10))
        #expect(limits.count == 3)
        #expect(limits[1] < .seconds(6) && limits[2] < .seconds(2))
        #expect(clock.now.offset <= .seconds(13))
    }

    @Test("a lost reply of a plain write is an unknown outcome, with one attempt")
    func lostWrite() async throws {
        let transport = FakeTransport(.lost, .status(201))
        let error = await #expect(throws: AzureError.self) { try await pipeline(transport).send(try call(.write)) }
        #expect(error?.kind == .outcomeUnknown)
        #expect(error?.storeError().code == .outcomeUnknown)
        #expect(transport.requests.count == 1)
    }

    @Test(
        "a refusal after a lost reply is an unknown outcome, unless the caller takes it as an answer",
        arguments: [404, 409, 412, 401, 413]
    )
    func refusedAfterLost(status: Int) async throws {
        let replies = { FakeTransport(.lost, .status(status)) }
        let error = await #expect(throws: AzureError.self) {
            try await pipeline(replies()).send(try call(.repeatableWrite))
        }
        #expect(error?.kind == .outcomeUnknown)
        #expect(error?.status == status)
        let answer = try await pipeline(replies()).send(try call(.repeatableWrite, answers: [status]))
        #expect(answer.response.status == status)
        #expect(answer.mayHaveBeenApplied)
    }

    @Test("a refusal by itself is a refusal, and it is not sent again", arguments: [400, 403, 404, 409, 412, 413])
    func refused(status: Int) async throws {
        let transport = FakeTransport(.status(status, body: #"{"code":"Some","message":"id-of-somebody"}"#))
        let error = await #expect(throws: AzureError.self) { try await pipeline(transport).send(try call(.write)) }
        #expect(error?.kind == .refused)
        #expect(error?.errorCode == "Some")
        #expect(transport.requests.count == 1)
        #expect(error.map { String(reflecting: $0).contains("somebody") } == false)
        #expect(error.map { String(reflecting: $0.storeError()).contains("somebody") } == false)
    }

    @Test("a refused token is let go of once, and the call made again")
    func renewal() async throws {
        let transport = FakeTransport(.status(401), .status(200))
        #expect(try await pipeline(transport).send(try call(.write)).attempts == 2)
        #expect(signer.discarded == 1)
        let hopeless = FakeTransport(.status(401))
        let error = await #expect(throws: AzureError.self) { try await pipeline(hopeless).send(try call(.write)) }
        #expect(error?.storeCode == .unauthenticated)
        #expect(hopeless.requests.count == 2)
    }

    @Test("a clock that is wrong is told when a signature is refused")
    func clockOffset() async throws {
        let date = wall.now.advanced(by: .seconds(1_200)).httpDate
        let transport = FakeTransport(.status(403, ["Date": date, "x-ms-error-code": "AuthenticationFailed"]))
        let error = await #expect(throws: AzureError.self) {
            try await pipeline(transport, service: .blob).send(try call(.write))
        }
        #expect(error?.storeCode == .unauthenticated)
        #expect(error.map { String(reflecting: $0).contains("its clock is 1200 s ahead of ours") } == true)
    }

    @Test("a redirected call goes where the caller says, on the same budget")
    func redirect() async throws {
        let transport = FakeTransport(.status(403, ["x-ms-substatus": "3"]), .status(201))
        let url = try #require(HTTPURL("https://b.example/dbs/D/colls/C/docs"))
        var call = try self.call(.write)
        call.followRedirect = { redirect, request throws(AzureError) in
            request.url = url
            return redirect == .writeRegion
        }
        #expect(try await pipeline(transport).send(call).attempts == 2)
        #expect(transport.requests.map(\.url.host) == ["a.example", "b.example"])
        let nowhere = FakeTransport(.status(410, ["x-ms-substatus": "1002"]))
        let error = await #expect(throws: AzureError.self) { try await pipeline(nowhere).send(try self.call(.write)) }
        #expect(error?.storeCode == .unavailable)
        #expect(nowhere.requests.count == 1)
    }

    @Test("when one call is throttled, all calls of the account wait")
    func sharedBackoff() async throws {
        let backoff = AccountBackoff(timeline: Timeline(clock))
        let busy = FakeTransport(.status(429, ["x-ms-retry-after-ms": "60000"]))
        // The call that is told to wait a minute has half of one, so it ends; what was asked for holds for the others.
        _ = await #expect(throws: AzureError.self) { try await pipeline(busy, backoff: backoff).send(try call(.read)) }
        #expect(busy.requests.count == 1)
        let idle = FakeTransport(.status(200))
        let error = await #expect(throws: AzureError.self) {
            try await pipeline(idle, backoff: backoff).send(try call(.read))
        }
        #expect(error?.storeCode == .throttled)
        #expect(error?.storeError().context.retryAfter ?? .zero > .seconds(50))
        #expect(idle.requests.isEmpty)
        clock.advance(by: .seconds(40))
        _ = try await pipeline(idle, backoff: backoff).send(try call(.read))
        #expect(clock.now.offset >= .seconds(60))
    }

    @Test("a cancelled call sends nothing more")
    func cancelled() async throws {
        let manual = ManualClock()
        let transport = FakeTransport(.status(429, ["x-ms-retry-after-ms": "1000"]))
        let pipeline = AzurePipeline(
            service: .cosmos,
            transport: transport,
            signer: signer,
            timeline: Timeline(manual),
            wallClock: { [wall] in wall.now }
        )
        let call = try self.call(.write)
        let task = Task { () async -> AzureError? in
            do throws(AzureError) {
                _ = try await pipeline.send(call)
                return nil
            } catch {
                return error
            }
        }
        try await manual.waitForSleepers(1)
        task.cancel()
        let error = await task.value
        #expect(error?.kind == .cancelled)
        #expect(transport.requests.count == 1)
    }

    @Test("without a credential nothing is sent")
    func noCredential() async throws {
        struct Failing: RequestSigner {
            func sign(_ request: inout HTTPRequest, at time: WallTime) async throws(CredentialError) {
                throw CredentialError(.rejected, "The secret has expired.")
            }
        }
        let transport = FakeTransport(.status(200))
        let pipeline = AzurePipeline(
            service: .cosmos,
            transport: transport,
            signer: Failing(),
            timeline: Timeline(clock)
        )
        let error = await #expect(throws: AzureError.self) { try await pipeline.send(try call(.write)) }
        #expect(error?.storeError().code == .unauthenticated)
        #expect(error?.storeError().message == "The secret has expired.")
        #expect(transport.requests.isEmpty)
    }

    @Test("a streamed answer is retried up to its head, and a refusal is read for its code")
    func stream() async throws {
        let transport = FakeTransport(.status(500), .status(200, body: "content"))
        let answer = try await pipeline(transport, service: .blob).stream(try call(.read))
        #expect(try await answer.response.body.collect(maximumBytes: 100) == Array("content".utf8))
        #expect(answer.attempts == 2)
        let missing = FakeTransport(.status(404, body: "<Error><Code>BlobNotFound</Code></Error>"))
        let error = await #expect(throws: AzureError.self) {
            try await pipeline(missing, service: .blob).stream(try call(.read))
        }
        #expect(error?.errorCode == "BlobNotFound")
        let accepted = try await pipeline(missing, service: .blob).stream(try call(.read, answers: [404]))
        #expect(try await accepted.response.body.collect(maximumBytes: 100).count == 40)
    }
}
