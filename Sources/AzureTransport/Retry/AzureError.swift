/// Why a call got no answer that its caller asked for.
///
/// It holds status, codes and numbers of the answer. Its texts leave the server's message out, because that names documents and,
/// with a refused signature, repeats what was signed; a caller that needs the body finds it in ``answer``.
package struct AzureError: Error, Sendable {
    /// The kind of failure.
    package enum Kind: Sendable, Hashable {
        /// The server refused the request; sending it again will not help.
        case refused
        /// The server could not answer in the attempts or the time of the call. Nothing was applied.
        case exhausted(Trouble.Kind)
        /// The request is a write that may or may not have been applied. Resolve it by reading.
        case outcomeUnknown
        /// The request could not be sent, or its answer not be taken. Nothing was applied.
        case transport
        /// There is no credential.
        case credential
        /// The task was cancelled. Nothing was applied.
        case cancelled

        var name: String {
            if case .exhausted(let trouble) = self { "exhausted(\(trouble.rawValue))" } else { "\(self)" }
        }
    }

    package let kind: Kind
    package let service: AzureService
    /// The last answer, where there was one.
    package var answer: HTTPResponse?
    /// Its facts.
    package var facts: AnswerFacts?
    /// The last failure below, where there was one.
    package var transport: TransportError?
    /// How long the server, or the account's shared back-off, asks to wait.
    package var retryAfter: Duration?
    /// Why there is no credential.
    package var credential: CredentialError?
    /// How many attempts were made.
    package var attempts = 0
    /// What they cost together, in request units.
    package var charge = 0.0
    /// How far the server's clock is ahead of ours, when it refused a signature or token.
    package var clockOffset: Duration?

    package init(_ kind: Kind, service: AzureService) {
        self.kind = kind
        self.service = service
    }

    /// The status of the last answer.
    package var status: Int? { facts?.status }
    /// The substatus of the last answer.
    package var substatus: Int? { facts?.substatus }
    /// The code of the last answer.
    package var errorCode: String? { facts?.errorCode }
    /// What support asks for: the id that the server gave the request.
    package var requestID: String? { answer?.headers["x-ms-activity-id"] ?? answer?.headers["x-ms-request-id"] }
}

extension AzureError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        var parts: [String] = []
        if let facts {
            var text = "status: \(facts.status)"
            if let substatus = facts.substatus { text += "/\(substatus)" }
            parts.append(text)
            if let code = facts.errorCode { parts.append("code: \(code)") }
        }
        if let transport { parts.append("transport: \(transport.code)") }
        if let credential { parts.append("credential: \(credential.code)") }
        if attempts > 1 { parts.append("attempts: \(attempts)") }
        let details = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "AzureError.\(kind.name) from \(service.rawValue)\(details)"
    }

    package var debugDescription: String {
        var text = "\(description): \(storeMessage)"
        if let requestID { text += " [request: \(requestID)]" }
        if let transport { text += " [underlying: \(transport.debugDescription)]" }
        if let credential { text += " [underlying: \(credential.debugDescription)]" }
        return text
    }

    package var customMirror: Mirror { Mirror(self, children: ["error": debugDescription]) }
}
