/// What an answer means for the call, by the table of its service.
package enum Verdict: Sendable, Hashable {
    /// The answer stands, good or bad.
    case final
    /// Another attempt may succeed.
    case again(Trouble)
    /// Another attempt may succeed once the request goes elsewhere.
    case redirect(AzureRedirect, Trouble)
    /// The credential was not accepted; another attempt makes sense with a new one only.
    case credentialRefused
}

/// Why another attempt is needed.
package struct Trouble: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The server asks for fewer requests. Everybody who talks to the account holds back.
        case throttled
        /// A race within the server, or a part of it that moves; it passes.
        case busy
        /// The server, or the way to it, is not there.
        case unavailable
        /// No answer, or none in time.
        case timeout
    }

    package var kind: Kind
    /// Whether the server may have applied the request nevertheless.
    package var mayBeApplied: Bool
    /// The first wait of the back-off, where the table knows better than the policy.
    package var initialBackoff: Duration?

    package init(_ kind: Kind, mayBeApplied: Bool = false, initialBackoff: Duration? = nil) {
        self.kind = kind
        self.mayBeApplied = mayBeApplied
        self.initialBackoff = initialBackoff
    }
}

/// The tables. Their rows and sources stand in the tests; statuses that were never observed are marked there.
package enum RetryRules {
    package static func verdict(_ answer: AnswerFacts, from service: AzureService) -> Verdict {
        switch service {
        case .cosmos: cosmos(answer)
        case .blob, .table: storage(answer)
        case .entra: entra(answer)
        case .metadata: metadata(answer)
        }
    }

    /// Decides on status and substatus, as "ErrorCodesAndRetries" of the newest client does, where its outcome can be resolved.
    private static func cosmos(_ answer: AnswerFacts) -> Verdict {
        switch (answer.status, answer.substatus ?? 0) {
        case (429, 3092): .redirect(.otherRegion, Trouble(.throttled))
        case (429, _): .again(Trouble(.throttled, initialBackoff: .milliseconds(100)))
        case (449, _): .again(Trouble(.busy, initialBackoff: .milliseconds(10)))
        case (404, 1002): .redirect(.sessionRegion, Trouble(.unavailable))
        case (403, 3), (403, 1008): .redirect(.writeRegion, Trouble(.unavailable, initialBackoff: .seconds(1)))
        case (410, 1002): .redirect(.partitionRanges, Trouble(.unavailable))
        case (410, _): .redirect(.partitionRanges, Trouble(.busy, initialBackoff: .seconds(1)))
        // 503 says that the request was not processed; the others say nothing about it.
        case (503, _): .again(Trouble(.unavailable, initialBackoff: .milliseconds(500)))
        case (408, _): .again(Trouble(.timeout, mayBeApplied: true))
        case (500, _), (502, _), (504, _): .again(Trouble(.unavailable, mayBeApplied: true))
        case (401, _): .credentialRefused
        default: .final
        }
    }

    private static func storage(_ answer: AnswerFacts) -> Verdict {
        switch (answer.status, answer.errorCode) {
        case (503, "ServerBusy"?), (429, _): .again(Trouble(.throttled))
        case (408, _), (500, "OperationTimedOut"?): .again(Trouble(.timeout, mayBeApplied: true))
        case (501, _), (505, _): .final
        case (500..., _): .again(Trouble(.unavailable, mayBeApplied: true))
        case (401, _): .credentialRefused
        default: .final
        }
    }

    private static func entra(_ answer: AnswerFacts) -> Verdict {
        switch answer.status {
        case 429: .again(Trouble(.throttled))
        case 408, 500, 502, 503, 504: .again(Trouble(.unavailable))
        default: .final
        }
    }

    /// The endpoint answers 404 and 410 while it is updated, for up to 70 seconds.
    private static func metadata(_ answer: AnswerFacts) -> Verdict {
        switch answer.status {
        case 410: .again(Trouble(.unavailable, initialBackoff: .seconds(5)))
        case 404, 408: .again(Trouble(.unavailable))
        case 429: .again(Trouble(.throttled))
        case 501, 505: .final
        case 500...: .again(Trouble(.unavailable))
        default: .final
        }
    }
}
