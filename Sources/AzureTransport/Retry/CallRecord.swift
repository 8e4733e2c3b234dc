internal import MigrationCore

/// What the attempts of one call have brought so far.
struct CallRecord {
    let service: AzureService
    private(set) var answer: HTTPResponse?
    private(set) var facts: AnswerFacts?
    private(set) var transport: TransportError?
    /// Request units of all attempts.
    private(set) var charge = 0.0

    init(service: AzureService) {
        self.service = service
    }

    mutating func note(_ response: HTTPResponse, _ facts: AnswerFacts) {
        answer = response
        self.facts = facts
        transport = nil
        charge += facts.charge
    }

    mutating func note(_ error: TransportError) {
        answer = nil
        facts = nil
        transport = error
    }
}

extension AzurePipeline {
    /// How a call ends without an answer that was asked for.
    enum Ending {
        case cancelled
        case credential(CredentialError)
        /// The account is held back, or its budget used up, for longer than the call has.
        case heldBack(Duration)
        case reason(RetryMachine.Reason)
        case refusal(at: WallTime)
    }

    /// The error of a call. Whatever the last attempt said: if an earlier one may have been applied, the outcome is unknown.
    func end(_ ending: Ending, _ machine: borrowing RetryMachine, _ record: CallRecord) -> AzureError {
        var error = AzureError(machine.mayBeApplied ? .outcomeUnknown : kind(ending, record), service: service)
        error.answer = record.answer
        error.facts = record.facts
        error.retryAfter = record.facts?.retryAfter
        error.transport = record.transport
        error.attempts = machine.attempts
        error.charge = record.charge
        switch ending {
        case .credential(let credential): error.credential = credential
        case .heldBack(let duration): error.retryAfter = max(duration, error.retryAfter ?? .zero)
        case .refusal(let now):
            if let date = record.answer?.headers["Date"].flatMap(WallTime.init(httpDate:)) {
                error.clockOffset = now.duration(to: date)
            }
        case .cancelled, .reason: break
        }
        if error.kind == .outcomeUnknown { metrics.endedUnknown(service) }
        return error
    }

    private func kind(_ ending: Ending, _ record: CallRecord) -> AzureError.Kind {
        switch ending {
        case .cancelled: .cancelled
        case .credential(let error): error.code == .cancelled ? .cancelled : .credential
        case .heldBack: .exhausted(.throttled)
        case .refusal: .refused
        case .reason(.outcomeUnknown): .outcomeUnknown
        case .reason(.notRetryable):
            record.transport.map { $0.code == .cancelled ? .cancelled : .transport } ?? .refused
        case .reason(.exhausted(let kind)): .exhausted(kind)
        }
    }
}
