internal import MigrationCore

/// The answer of an identity endpoint, as far as it is needed. Numbers may come as strings.
enum IdentityAnswer {
    /// Reads a token.
    ///
    /// - Parameters:
    ///   - tokenField: its name: `access_token`, or `accessToken` from the Azure CLI.
    ///   - now: for lifetimes that are told as a number of seconds.
    static func token(
        _ body: [UInt8],
        from source: String,
        tokenField: String = "access_token",
        now: WallTime
    ) throws(CredentialError) -> AccessToken {
        guard let document = try? Document(json: body), case .string(let text)? = document[tokenField], !text.isEmpty
        else {
            throw CredentialError(.rejected, "\(source) answered with something other than a token.")
        }
        let expiry: WallTime
        if let time = number(document["expires_on"]) {
            expiry = WallTime(millisecondsSinceEpoch: time * 1_000)
        } else if let seconds = number(document["expires_in"]) {
            expiry = now.advanced(by: .seconds(seconds))
        } else {
            throw CredentialError(.rejected, "\(source) answered with a token that has no expiry.")
        }
        let refresh = number(document["refresh_in"]).map { now.advanced(by: .seconds($0)) }
        return AccessToken(text: text, expiry: expiry, refresh: refresh)
    }

    /// What a refusal says by code: `invalid_client`, and the numbers of Entra ID. Its description may hold names and is left out.
    static func refusal(_ body: [UInt8]) -> String {
        guard let document = try? Document(json: body) else { return "" }
        var parts: [String] = []
        if let code = ErrorBody.code(in: body) { parts.append(code) }
        if case .array(let codes)? = document["error_codes"] {
            parts += codes.compactMap { number($0).map { "AADSTS\($0)" } }
        }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }

    /// A whole number of seconds that can be calculated with, or nil.
    private static func number(_ value: Value?) -> Int64? {
        let number: Int64? =
            switch value {
            case .int32(let number)?: Int64(number)
            case .int64(let number)?: number
            case .double(let number)?: Int64(exactly: number.rounded(.down))
            case .string(let text)?: Int64(text)
            default: nil
            }
        return number.flatMap { (0...253_402_300_799).contains($0) ? $0 : nil }
    }
}

/// Asks identity endpoints, and says what their refusals mean.
struct IdentityClient {
    let context: TokenContext
    let service: AzureService
    /// What an operator calls the endpoint.
    let source: String
    var policy = RetryPolicy(
        maximumAttempts: 5,
        initialBackoff: .milliseconds(500),
        maximumBackoff: .seconds(5),
        deadline: .seconds(20)
    )

    /// The status by which the endpoint says that it has no such identity, where a chain goes on then.
    var statusOfAbsence: Int?

    /// Gets a token.
    ///
    /// - Parameter advice: what to check when the endpoint refuses; a full sentence.
    func token(_ request: HTTPRequest, advice: String) async throws(CredentialError) -> AccessToken {
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            // A lost answer costs nothing: the endpoint issues another token.
            answer = try await pipeline.send(AzureCall("token", request, effect: .read, answers: Set(400..<500)))
        } catch {
            if error.kind == .cancelled { throw .cancelledCall }
            throw CredentialError(
                .unreachable,
                "\(source) did not answer with a token; check the network and the endpoint.",
                underlying: error
            )
        }
        guard answer.response.status < 300 else {
            let codes = IdentityAnswer.refusal(answer.response.body)
            let code: CredentialError.Code = answer.response.status == statusOfAbsence ? .unavailable : .rejected
            throw CredentialError(code, "\(source) refused with status \(answer.response.status)\(codes). \(advice)")
        }
        return try IdentityAnswer.token(answer.response.body, from: source, now: context.wallClock())
    }

    private var pipeline: AzurePipeline {
        AzurePipeline(
            service: service,
            transport: service == .metadata ? context.directTransport : context.transport,
            signer: NoSigner(),
            policy: policy,
            metrics: context.metrics,
            timeline: context.timeline,
            wallClock: context.wallClock,
            random: context.random
        )
    }
}

extension HTTPBody {
    /// A form, its fields in order.
    static func form(_ fields: [(String, String)]) -> HTTPBody {
        let text = fields.map { "\(HTTPURL.percentEncoded($0))=\(HTTPURL.percentEncoded($1))" }.joined(separator: "&")
        return .bytes(Array(text.utf8))
    }
}

/// Names that go into a path, a query or a command: letters, digits and few marks.
enum IdentityName {
    static func isValid(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The resource of a scope: `https://storage.azure.com` for `https://storage.azure.com/.default`.
    static func resource(of scope: String) -> String {
        scope.hasSuffix("/.default") ? String(scope.dropLast("/.default".count)) : scope
    }
}
