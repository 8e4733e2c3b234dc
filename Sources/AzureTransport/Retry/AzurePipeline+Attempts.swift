internal import Logging
internal import MigrationCore

extension AzurePipeline {
    /// Makes the attempts of a call.
    func run<Result: Sendable>(
        _ call: AzureCall,
        _ exchange: (HTTPRequest) async throws(TransportError) -> Exchange<Result>
    ) async throws(AzureError) -> AzureAnswer<Result> {
        var policy = policy
        if let deadline = call.deadline { policy.deadline = min(policy.deadline, deadline) }
        var machine = RetryMachine(
            service: service,
            policy: policy,
            effect: call.effect,
            isReplayable: call.request.body.isReplayable,
            startingAt: timeline.now
        )
        var request = call.request
        var record = CallRecord(service: service)
        var random = random
        while true {
            let attempt: RetryMachine.Attempt
            var result: Result?
            var sent = request
            let reservation = try await enter(call, machine, record)
            do throws(CredentialError) {
                try await signer.sign(&sent, at: wallClock())
            } catch {
                if let reservation { pacer?.settle(reservation, charge: 0) }
                throw end(.credential(error), machine, record)
            }
            let remaining = machine.remaining(at: timeline.now)
            guard remaining > .zero else {
                if let reservation { pacer?.settle(reservation, charge: 0) }
                throw end(.reason(.exhausted(.timeout)), machine, record)
            }
            sent.timeouts.total = sent.timeouts.total.map { min($0, remaining) } ?? remaining
            let start = timeline.now
            do throws(TransportError) {
                let answered = try await exchange(sent)
                let facts = AnswerFacts(answered.response, now: wallClock())
                record.note(answered.response, facts)
                attempt = .answered(facts)
                result = answered.result
            } catch {
                record.note(error)
                attempt = .failed(error)
            }
            let now = timeline.now
            if let reservation { pacer?.settle(reservation, charge: cost(of: attempt)) }
            let action = machine.decide(after: attempt, at: now, random: &random)
            metrics.attempted(
                service,
                outcome(of: attempt, isAnswer: action == .finish && call.isAnswer(record.facts?.status ?? 0)),
                took: now - start,
                charge: record.facts?.charge ?? 0
            )
            switch try await carryOut(action, call, &machine, &request, sent: sent, record) {
            case .again: continue
            case .over(let reason): throw end(.reason(reason), machine, record)
            case .answered:
                guard let result, let facts = record.facts, call.isAnswer(facts.status) else {
                    throw end(.refusal(at: wallClock()), machine, record)
                }
                return AzureAnswer(
                    response: result,
                    facts: facts,
                    attempts: machine.attempts,
                    charge: record.charge,
                    mayHaveBeenApplied: machine.mayBeApplied
                )
            }
        }
    }

    private enum Outcome {
        case again, answered
        case over(RetryMachine.Reason)
    }

    /// Does what the machine says, up to the next attempt.
    private func carryOut(
        _ action: RetryMachine.Action,
        _ call: AzureCall,
        _ machine: inout RetryMachine,
        _ request: inout HTTPRequest,
        sent: HTTPRequest,
        _ record: CallRecord
    ) async throws(AzureError) -> Outcome {
        switch action {
        case .finish: return .answered
        case .giveUp(let reason):
            // This call has not the time to wait, but all others are told what the account asks for.
            if case .exhausted(.throttled) = reason, let asked = record.facts?.retryAfter {
                backoff.hold(for: asked)
            }
            return .over(reason)
        case .renewCredential: return signer.discardCredential(of: sent) ? .again : .answered
        case .wait(let duration, let kind):
            // Throttling is about the account, so all its calls wait: those under way find it at their next attempt.
            if kind == .throttled { backoff.hold(for: duration) }
            Logger.current.debug(
                "A request to Azure is made again.",
                metadata: [
                    AzureLogKey.service.rawValue: "\(service.rawValue)",
                    AzureLogKey.operation.rawValue: "\(call.operation)",
                    AzureLogKey.reason.rawValue: "\(kind.rawValue)",
                    AzureLogKey.status.rawValue: "\(record.facts?.status ?? 0)",
                    AzureLogKey.attempts.rawValue: "\(machine.attempts)",
                    AzureLogKey.wait.rawValue: "\(Int(duration.inSeconds * 1_000))",
                ]
            )
            do throws(StoreError) {
                try await timeline.sleep(for: duration)
            } catch {
                throw end(.cancelled, machine, record)
            }
            metrics.waited(service, duration)
            return .again
        case .redirect(let redirect, let duration, let kind):
            var corrected = request
            if let follow = call.followRedirect, try await follow(redirect, &corrected) {
                request = corrected
                guard duration > .zero else { return .again }
                let wait = RetryMachine.Action.wait(duration, because: kind)
                return try await carryOut(wait, call, &machine, &request, sent: sent, record)
            }
            let action = machine.stay(redirect, wait: duration, because: kind)
            return try await carryOut(action, call, &machine, &request, sent: sent, record)
        }
    }

    /// Waits until the account lets a request start: nobody is held back, and the budget has room.
    private func enter(
        _ call: AzureCall,
        _ machine: borrowing RetryMachine,
        _ record: CallRecord
    ) async throws(AzureError) -> ChargePacer.Reservation? {
        let start = timeline.now
        let limit = machine.remaining(at: start)
        defer { metrics.waited(service, timeline.now - start) }
        do throws(StoreError) {
            if try await backoff.pass(within: limit, random: random) {
                guard let pacer else { return nil }
                let rest = machine.remaining(at: timeline.now)
                let turn = try await pacer.reserve(
                    call.operation,
                    expected: call.expectedCharge,
                    operations: call.operations,
                    within: rest
                )
                if let turn { return turn }
            }
        } catch {
            throw end(.cancelled, machine, record)
        }
        throw end(.heldBack(backoff.wait), machine, record)
    }

    /// What an attempt takes from the account's budget: request units where there are some, else one request.
    private func cost(of attempt: RetryMachine.Attempt) -> Double? {
        switch attempt {
        case .answered(let facts): service == .cosmos ? facts.charge : 1
        case .failed(let error): error.requestMayHaveArrived ? nil : 0
        }
    }

    private func outcome(of attempt: RetryMachine.Attempt, isAnswer: Bool) -> AttemptOutcome {
        let verdict: Verdict
        switch attempt {
        case .answered(let facts):
            if isAnswer { return .answered }
            verdict = RetryRules.verdict(facts, from: service)
        case .failed(let error): return error.code.timedOutPhase != nil ? .timeout : .unavailable
        }
        switch verdict {
        case .final, .credentialRefused: return .refused
        case .again(let trouble), .redirect(_, let trouble):
            return AttemptOutcome(trouble.kind)
        }
    }
}
