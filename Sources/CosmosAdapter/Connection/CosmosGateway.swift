internal import CutoverAzureTransport
internal import MigrationCore

/// Sends requests to a database: addresses, common fields, sessions and regions, and what its answers mean.
final class CosmosGateway: Sendable {
    /// One request, in the words of Cosmos DB.
    struct Call: Sendable {
        var operation: String
        var method: HTTPMethod
        /// The segments of the path behind the account, not encoded.
        var path: [String]
        var headers: HTTPHeaders = [:]
        var body: [UInt8]?
        var effect = RequestEffect.read
        var answers: Set<Int> = []
        /// The container whose session the call belongs to.
        var container: CosmosContainer?
        /// The range that the call goes to, where it names one.
        var range: String?
        /// How many operations it holds.
        var operations = 1
    }

    static let version = "2020-07-15"

    let database: String
    let tokens = SessionTokens()
    private let pipeline: AzurePipeline
    private let endpoint: HTTPURL
    private let region: Locked<HTTPURL>
    private let random: RandomSource

    init(_ configuration: CosmosConfiguration, in environment: AzureEnvironment) {
        database = configuration.database
        endpoint = configuration.account.endpoint
        region = Locked(configuration.account.endpoint)
        random = environment.random
        var policy = RetryPolicy.azure
        policy.deadline = configuration.deadline
        let context = TokenContext(
            transport: environment.transport,
            directTransport: environment.directTransport,
            timeline: environment.timeline,
            wallClock: environment.wallClock,
            random: environment.random
        )
        pipeline = AzurePipeline(
            service: .cosmos,
            transport: environment.transport,
            signer: configuration.account.signer(context: context),
            policy: policy,
            pacer: configuration.requestUnitsPerSecond.map {
                ChargePacer(unitsPerSecond: $0, timeline: environment.timeline)
            },
            timeline: environment.timeline,
            wallClock: environment.wallClock,
            random: environment.random
        )
    }

    /// Sends a call; its answers are successes and what the call names.
    func send(_ call: Call) async throws(AzureError) -> AzureAnswer<HTTPResponse> {
        var headers = call.headers
        headers["x-ms-version"] = Self.version
        headers["Accept"] = "application/json"
        headers["Cache-Control"] = "no-cache"
        headers["x-ms-activity-id"] = activityID()
        if call.body != nil, headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        if let container = call.container {
            headers["x-ms-cosmos-intended-collection-rid"] = container.rid
            headers["x-ms-session-token"] = tokens.header(of: container.rid, range: call.range)
        }
        if let range = call.range { headers["x-ms-documentdb-partitionkeyrangeid"] = range }
        let path = call.path.map { HTTPURL.percentEncoded($0) }.joined(separator: "/")
        let request = HTTPRequest(
            method: call.method,
            url: region.withLock { $0 }.appending(percentEncodedPath: path),
            headers: headers,
            body: call.body.map { HTTPBody.bytes($0) } ?? HTTPBody.none,
            maximumResponseBytes: 64 << 20
        )
        let namesRange = call.range != nil
        var azureCall = AzureCall(call.operation, request, effect: call.effect, answers: call.answers) {
            [self] (redirect, request) async throws(AzureError) -> Bool in
            switch redirect {
            // Another range may have to be named, which the caller knows.
            case .partitionRanges: return !namesRange
            // Everything goes to the write region already; its replicas catch up.
            case .sessionRegion: return false
            case .writeRegion, .otherRegion:
                let before = region.withLock { $0 }
                _ = try await readAccount()
                let now = region.withLock { $0 }
                (request.url.scheme, request.url.host, request.url.port) = (now.scheme, now.host, now.port)
                return redirect == .writeRegion || before != now
            }
        }
        azureCall.operations = call.operations
        do throws(AzureError) {
            let answer = try await pipeline.send(azureCall)
            note(answer.response, call)
            return answer
        } catch {
            if let answer = error.answer { note(answer, call) }
            throw error
        }
    }

    private func note(_ response: HTTPResponse, _ call: Call) {
        guard let container = call.container else { return }
        tokens.note(response.headers["x-ms-session-token"], of: container.rid)
    }

    private func activityID() -> String {
        let digits = Array((Hex.text(random.next()) + Hex.text(random.next())).utf8)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
    }

    /// What an account says about itself.
    struct Account: Sendable {
        /// The consistency that its reads have; nil when it does not say.
        var consistency: String?
        var hasSeveralWriteRegions: Bool
    }

    /// Reads the account, and sends everything to its write region from now on.
    func readAccount() async throws(AzureError) -> Account {
        let headers: HTTPHeaders = [
            "x-ms-version": Self.version, "Accept": "application/json", "x-ms-activity-id": activityID(),
        ]
        let request = HTTPRequest(method: .get, url: endpoint, headers: headers)
        let answer = try await pipeline.send(AzureCall("read_account", request, effect: .read))
        let document = Self.json(answer.response) ?? Document()
        var regions: [HTTPURL] = []
        if case .array(let elements)? = document["writableLocations"] {
            for case .document(let element) in elements {
                if case .string(let text)? = element["databaseAccountEndpoint"], let url = HTTPURL(text) {
                    regions.append(url)
                }
            }
        }
        if let first = regions.first { region.withLock { $0 = first } }
        var consistency: String?
        if case .document(let policy)? = document["userConsistencyPolicy"],
            case .string(let level)? = policy["defaultConsistencyLevel"]
        {
            consistency = level
        }
        let isMulti = document["enableMultipleWriteLocations"] == .bool(true)
        return Account(consistency: consistency, hasSeveralWriteRegions: isMulti || regions.count > 1)
    }

    /// The object in an answer's body.
    static func json(_ response: HTTPResponse) -> Document? { try? ExtendedJSON.parse(response.body) }

    static func strange(_ context: StoreError.Context) -> StoreError {
        StoreError(
            .internalInconsistency,
            "Cosmos DB answered in a form that this library does not know; please report it.",
            context: context
        )
    }
}
