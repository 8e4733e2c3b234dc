package import MigrationCore

extension AzureError {
    /// The same failure as a store throws it.
    package func storeError(_ context: StoreError.Context = StoreError.Context()) -> StoreError {
        var context = context
        let code = storeCode
        if code == .throttled { context.retryAfter = retryAfter }
        return StoreError(code, storeMessage, context: context, underlying: self)
    }

    /// The code that says what a caller does about it.
    package var storeCode: StoreError.Code {
        switch kind {
        case .outcomeUnknown: .outcomeUnknown
        case .cancelled: .cancelled
        case .credential: credential?.code.storeCode ?? .unauthenticated
        case .transport:
            switch transport?.code {
            case .invalidRequest?, .internalFailure?, .bodySource?, .tooLarge?: .internalInconsistency
            case .stopped?: .closed
            case .cancelled?: .cancelled
            default: .unavailable
            }
        case .exhausted(.throttled): .throttled
        case .exhausted(.busy): .busy
        case .exhausted(.timeout): .timeout
        case .exhausted(.unavailable): .unavailable
        case .refused: refusalCode
        }
    }

    private var refusalCode: StoreError.Code {
        switch (status ?? 0, substatus ?? 0, errorCode ?? "") {
        case (400, 1001, _): .invalidKey
        case (400, 1004, _): .unsupported
        case (400, 1024, _): .collectionMismatch
        case (401, _, _), (403, _, "AuthenticationFailed"): .unauthenticated
        case (403, 1014, _): .diskFull
        case (403, _, _): .notPermitted
        case (404, _, _): .collectionNotFound
        case (409, _, _), (412, _, _): .versionConflict
        case (413, _, _): .documentTooLarge
        case (501, _, _), (505, _, _): .unsupported
        case (400..<500, _, _): .invalidArgument
        default: .internalInconsistency
        }
    }

    /// One sentence for the operator: what happened and what to do next.
    package var storeMessage: String {
        let name = service.displayName
        switch kind {
        case .outcomeUnknown:
            return "\(name) did not say how the write ended; read, or repeat the call, to find out."
        case .cancelled: return "The task was cancelled before \(name) applied the request."
        case .credential: return credential?.message ?? "There is no credential for \(name)."
        case .transport: return transport?.message ?? "\(name) cannot be reached; check the endpoint and the network."
        case .exhausted(.throttled):
            return "\(name) asks for fewer requests; slow down, or give the account more throughput."
        case .exhausted(.busy): return "\(name) is moving the data that was asked for; try again."
        case .exhausted(.timeout): return "\(name) did not answer in time; try again."
        case .exhausted(.unavailable): return "\(name) cannot be reached; try again once it answers."
        case .refused: return refusalMessage
        }
    }

    /// Whether the clocks differ by enough to make signatures invalid: the services allow 15 minutes.
    private var isClockOff: Bool {
        guard let clockOffset else { return false }
        return clockOffset > .seconds(600) || clockOffset < .seconds(-600)
    }

    private var refusalMessage: String {
        let name = service.displayName
        let code = errorCode.map { " (\($0))" } ?? ""
        switch (status ?? 0, substatus ?? 0) {
        case (401, _) where isClockOff, (403, 0) where isClockOff:
            let seconds = Int(clockOffset?.inSeconds ?? 0)
            return
                "\(name) did not accept the credential\(code), and its clock is \(seconds) s ahead of ours; correct the clock."
        case (401, _): return "\(name) did not accept the credential\(code); correct the key or the identity."
        case (403, 5300):
            return
                "\(name) lets identities read and write items only; create databases and containers with the account key."
        case (403, 1014): return "The logical partition of \(name) is full; choose a partition key with more values."
        case (403, _):
            return errorCode == "AuthenticationFailed"
                ? "\(name) did not accept the signature\(code); correct the account's name or key."
                : "\(name) forbids the request\(code); check roles, firewall and the rights of the signature."
        case (400, 1001): return "The partition key of the request is not that of the document; correct the key."
        case (400, 1004): return "\(name) cannot answer this query across partitions by itself."
        case (400, 1024): return "The container was deleted and created again while it was used; stop and start anew."
        case (404, _): return "\(name) does not have what was asked for\(code)."
        case (409, _), (412, _): return "Another writer was first\(code); read again and decide again."
        case (413, _): return "The request is larger than \(name) accepts\(code)."
        default: return "\(name) refused the request with status \(status ?? 0)\(code)."
        }
    }
}

extension AzureService {
    /// What an operator calls it.
    var displayName: String {
        switch self {
        case .cosmos: "Cosmos DB"
        case .blob: "Blob Storage"
        case .table: "Table Storage"
        case .entra: "Microsoft Entra ID"
        case .metadata: "The managed identity endpoint"
        }
    }
}
