internal import CutoverAzureTransport
internal import MigrationCore

/// Sends requests to one container: addresses, common fields, and what its answers mean.
struct BlobGateway: Sendable {
    /// One request, in the words of Blob Storage.
    struct Call: Sendable {
        var operation: String
        var method: HTTPMethod
        /// The name of the blob, not encoded; nil for the container itself.
        var blob: String?
        /// Names and values, not encoded.
        var query: [(String, String)] = []
        var headers: HTTPHeaders = [:]
        var body = HTTPBody.none
        var effect = RequestEffect.read
        var answers: Set<Int> = []
        var maximumResponseBytes: Int?
        /// How long it may take with all its repetitions, where that is less than the configuration says.
        var deadline: Duration?
    }

    /// The newest version of the protocol whose signatures the published vectors pin.
    static let version = "2021-12-02"

    private let container: HTTPURL
    private let pipeline: AzurePipeline

    private init(container: HTTPURL, pipeline: AzurePipeline) {
        self.container = container
        self.pipeline = pipeline
    }

    /// Checks a configuration, and makes sure that its container is there.
    static func open(
        _ configuration: BlobConfiguration,
        in environment: AzureEnvironment
    ) async throws(StoreError) -> BlobGateway {
        try configuration.check()
        let gateway = BlobGateway(
            container: try configuration.account.endpoint(of: .blob).primary
                .appending(percentEncodedPath: configuration.container),
            pipeline: configuration.account.pipeline(
                for: .blob,
                deadline: configuration.deadline,
                in: environment
            )
        )
        try await gateway.findContainer(creating: configuration.createsContainer)
        return gateway
    }

    /// Sends a call; its answers are successes and what the call names.
    func send(_ call: Call) async throws(AzureError) -> AzureAnswer<HTTPResponse> {
        try await pipeline.send(azureCall(call))
    }

    /// A request as it would be sent by itself, for one that travels inside another.
    func signed(_ request: HTTPRequest) async throws(AzureError) -> HTTPRequest { try await pipeline.signed(request) }

    /// Sends a call that is no write, or whose failure means that nothing was applied.
    func answer(_ call: Call, _ collection: CollectionName? = nil) async throws(StoreError) -> HTTPResponse {
        do throws(AzureError) {
            return try await send(call).response
        } catch {
            throw error.storeError(.init(collection: collection))
        }
    }

    /// The request of a call, without date and authorization.
    func azureCall(_ call: Call) -> AzureCall {
        var headers = call.headers
        headers["x-ms-version"] = Self.version
        let query = call.query.map { HTTPURL.QueryItem(name: $0.0, value: HTTPURL.percentEncoded($0.1)) }
        var url = container
        if let blob = call.blob {
            let path = blob.split(separator: "/", omittingEmptySubsequences: false).map {
                HTTPURL.percentEncoded(String($0))
            }
            url = url.appending(percentEncodedPath: path.joined(separator: "/"), query: query)
        } else {
            url.query = query
        }
        let request = HTTPRequest(
            method: call.method,
            url: url,
            headers: headers,
            body: call.body,
            maximumResponseBytes: call.maximumResponseBytes
        )
        return AzureCall(
            call.operation,
            request,
            effect: call.effect,
            answers: call.answers,
            deadline: call.deadline
        )
    }
}

extension BlobGateway {
    /// The code of an answer that says no; `HEAD` has it in a field only, because its answer has no body.
    static func code(of answer: AzureAnswer<HTTPResponse>) -> String { answer.facts.errorCode ?? "" }

    /// Makes sure that the container is there.
    ///
    /// - Throws: `invalidConfiguration` when it is not and must not be created.
    func findContainer(creating: Bool) async throws(StoreError) {
        let read = Call(operation: "read_container", method: .get, query: [("restype", "container")], answers: [404])
        guard try await answer(read).status == 404 else { return }
        guard creating else {
            throw StoreError(
                .invalidConfiguration,
                "The account has no such container; create it, or set createsContainer in the configuration."
            )
        }
        let create = Call(
            operation: "create_container",
            method: .put,
            query: [("restype", "container")],
            effect: .repeatableWrite,
            answers: [409]
        )
        let created: AzureAnswer<HTTPResponse>
        do throws(AzureError) { created = try await send(create) } catch { throw error.storeError() }
        guard created.response.status != 409 || Self.code(of: created) == "ContainerAlreadyExists" else {
            throw StoreError(.busy, "The container is being deleted; try again once the service has finished.")
        }
    }

    /// One page of the blobs whose names begin with a prefix, in the order of their names.
    func list(
        _ prefix: String,
        after marker: String?,
        size: Int,
        includes: String? = nil,
        _ collection: CollectionName? = nil
    ) async throws(StoreError) -> BlobListing {
        var query = [
            ("restype", "container"), ("comp", "list"), ("prefix", prefix),
            ("maxresults", "\(min(max(1, size), 5_000))"),
        ]
        if let marker { query.append(("marker", marker)) }
        if let includes { query.append(("include", includes)) }
        return try await listing("list_blobs", query, collection)
    }

    /// One page of the blobs whose tags a condition holds for.
    func search(_ condition: String, after marker: String?, size: Int) async throws(StoreError) -> BlobListing {
        var query = [
            ("restype", "container"), ("comp", "blobs"), ("where", condition),
            ("maxresults", "\(min(max(1, size), 5_000))"),
        ]
        if let marker { query.append(("marker", marker)) }
        return try await listing("search_blobs", query, nil)
    }

    private func listing(
        _ operation: String,
        _ query: [(String, String)],
        _ collection: CollectionName?
    ) async throws(StoreError) -> BlobListing {
        let isContinued = query.contains { $0.0 == "marker" }
        let call = Call(operation: operation, method: .get, query: query, maximumResponseBytes: 64 << 20)
        let response: HTTPResponse
        do throws(AzureError) {
            response = try await send(call).response
        } catch {
            if isContinued, error.status == 400 {
                throw StoreError(
                    .invalidContinuation,
                    "The service does not accept the continuation; begin again without one.",
                    context: .init(collection: collection),
                    underlying: error
                )
            }
            throw error.storeError(.init(collection: collection))
        }
        do throws(XMLError) {
            return try BlobListing(response.body)
        } catch {
            throw StoreError(
                .internalInconsistency,
                "The service's listing is no listing; report this.",
                context: .init(collection: collection),
                underlying: error
            )
        }
    }
}
