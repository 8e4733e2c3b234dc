import CutoverAzureTransport
import MigrationCore
import MigrationTesting
import Testing

/// A machine and its randomness, for tests that ask again and again.
private final class Driver {
    private var machine: RetryMachine
    private var random = SeededRandom(seed: 1)

    init(_ machine: consuming RetryMachine) {
        self.machine = machine
    }

    var attempts: Int { machine.attempts }
    var mayBeApplied: Bool { machine.mayBeApplied }

    func answer(
        _ status: Int,
        _ substatus: Int? = nil,
        after: Duration? = nil,
        at now: Duration = .zero
    ) -> RetryMachine.Action {
        let facts = AnswerFacts(status: status, substatus: substatus, retryAfter: after)
        return machine.decide(after: .answered(facts), at: now, random: &random)
    }

    func fail(_ code: TransportError.Code, mayHaveArrived: Bool) -> RetryMachine.Action {
        let error = TransportError(code, "", requestMayHaveArrived: mayHaveArrived)
        return machine.decide(after: .failed(error), at: .zero, random: &random)
    }

    func stay(_ redirect: AzureRedirect) -> RetryMachine.Action {
        machine.stay(redirect, wait: .zero, because: .unavailable)
    }
}

@Suite("Whether, when and where a call is sent again")
struct RetryMachineTests {
    static let policy = RetryPolicy(
        maximumAttempts: 4,
        initialBackoff: .milliseconds(100),
        maximumBackoff: .seconds(1),
        deadline: .seconds(10)
    )

    private func driver(
        _ effect: RequestEffect,
        service: AzureService = .cosmos,
        policy: RetryPolicy = policy,
        isReplayable: Bool = true
    ) -> Driver {
        Driver(
            RetryMachine(
                service: service,
                policy: policy,
                effect: effect,
                isReplayable: isReplayable,
                startingAt: .zero
            )
        )
    }

    private func wait(_ action: RetryMachine.Action) -> Duration? {
        if case .wait(let duration, _) = action { duration } else { nil }
    }

    @Test("what the server asks to wait is waited, and little more")
    func retryAfter() throws {
        let call = driver(.write)
        for _ in 0..<3 {
            let pause = try #require(wait(call.answer(429, after: .seconds(2))))
            #expect(pause >= .seconds(2) && pause <= .milliseconds(2_200))
        }
        #expect(call.answer(429, after: .seconds(2)) == .giveUp(.exhausted(.throttled)))
        #expect(call.attempts == 4)
    }

    @Test("a wait that does not fit into the call ends it at once")
    func longWait() {
        #expect(driver(.read).answer(429, after: .seconds(11)) == .giveUp(.exhausted(.throttled)))
        #expect(driver(.read).answer(429, after: .zero, at: .seconds(10)) == .giveUp(.exhausted(.throttled)))
    }

    @Test("without a word of the server the wait doubles up to its bound, with up to a half off")
    func backoff() throws {
        let policy = RetryPolicy(
            maximumAttempts: 9,
            initialBackoff: .milliseconds(100),
            maximumBackoff: .seconds(1),
            deadline: .seconds(60)
        )
        let call = driver(.read, service: .blob, policy: policy)
        for expected in [100, 200, 400, 800, 1_000, 1_000] {
            let pause = try #require(wait(call.answer(500)))
            #expect(pause <= .milliseconds(expected) && pause >= .milliseconds(expected / 2))
        }
    }

    @Test("a service's own first wait goes before the policy's")
    func ownBackoff() throws {
        #expect(try #require(wait(driver(.write).answer(449))) <= .milliseconds(10))
    }

    @Test("a read is sent again whatever happened to it", arguments: [408, 500, 502, 503, 504])
    func reads(status: Int) {
        let call = driver(.read)
        #expect(wait(call.answer(status)) != nil)
        #expect(wait(call.fail(.reset, mayHaveArrived: true)) != nil)
        #expect(!call.mayBeApplied)
    }

    @Test("a plain write of open outcome is never sent again", arguments: [408, 500, 502, 504])
    func openWrites(status: Int) {
        #expect(driver(.write).answer(status) == .giveUp(.outcomeUnknown))
        let lost = driver(.write)
        #expect(lost.fail(.reset, mayHaveArrived: true) == .giveUp(.outcomeUnknown))
        #expect(lost.mayBeApplied)
    }

    @Test("a write that did not arrive, or that the server did not process, is sent again", arguments: [429, 449, 503])
    func closedWrites(status: Int) {
        let call = driver(.write)
        #expect(wait(call.answer(status)) != nil)
        #expect(wait(call.fail(.connectionRefused, mayHaveArrived: false)) != nil)
        #expect(!call.mayBeApplied)
    }

    @Test("a repeatable write is sent again, and the doubt stays whatever comes later")
    func repeatableWrites() {
        let call = driver(.repeatableWrite)
        #expect(wait(call.fail(.timeout(.firstByte), mayHaveArrived: true)) != nil)
        #expect(call.mayBeApplied)
        #expect(wait(call.answer(429)) != nil)
        #expect(call.answer(412) == .finish)
        #expect(call.mayBeApplied)
    }

    @Test("a body that cannot be sent again is not", arguments: [RequestEffect.read, .repeatableWrite, .write])
    func notReplayable(effect: RequestEffect) {
        #expect(driver(effect, isReplayable: false).answer(429) == .giveUp(.exhausted(.throttled)))
        let action = driver(effect, isReplayable: false).fail(.reset, mayHaveArrived: true)
        #expect(action == .giveUp(effect == .read ? .exhausted(.unavailable) : .outcomeUnknown))
    }

    @Test(
        "what cannot succeed is not tried again",
        arguments: [TransportError.Code.tls, .invalidRequest, .proxyRefused, .cancelled]
    )
    func hopeless(code: TransportError.Code) {
        #expect(driver(.write).fail(code, mayHaveArrived: false) == .giveUp(.notRetryable))
        #expect(driver(.write).fail(code, mayHaveArrived: true) == .giveUp(.outcomeUnknown))
        #expect(driver(.read).fail(code, mayHaveArrived: true) == .giveUp(.notRetryable))
    }

    @Test("the first redirection is followed at once, the next ones after a wait")
    func redirects() {
        let call = driver(.write)
        #expect(call.answer(410, 1002) == .redirect(.partitionRanges, .zero, because: .unavailable))
        if case .redirect(.partitionRanges, let wait, _) = call.answer(410, 1002) {
            #expect(wait > .zero)
        } else {
            Issue.record("A second redirection is followed, too.")
        }
        if case .redirect(_, let wait, .busy) = driver(.write).answer(410, 1007) {
            #expect(wait >= .milliseconds(500))
        } else {
            Issue.record("A split under way is waited for.")
        }
    }

    @Test("a redirection that leads nowhere passes by itself for a lagging replica, and ends the call otherwise")
    func nowhere() {
        #expect(driver(.read).stay(.sessionRegion) == .wait(.milliseconds(100), because: .unavailable))
        #expect(driver(.read).stay(.partitionRanges) == .giveUp(.exhausted(.unavailable)))
    }

    @Test("a refused credential is renewed once")
    func credential() {
        let call = driver(.write)
        #expect(call.answer(401) == .renewCredential)
        #expect(call.answer(401) == .finish)
    }
}
