import Synchronization

/// Blob storage: containers, block blobs and append blobs. Page blobs, snapshots, versions and copies are not here.
package final class BlobService: Service {
    package static let ruleNames = [
        "blob.append-maximum-size", "blob.append-position", "blob.append-type", "blob.batch-limit",
        "blob.batch-part-signatures", "blob.block-discard", "blob.block-length", "blob.block-missing",
        "blob.block-order",
        "blob.container-cascade", "blob.container-conflict", "blob.content-length", "blob.crc64", "blob.create-only",
        "blob.date", "blob.error-code", "blob.etag-changes", "blob.if-match", "blob.if-modified", "blob.if-none-match",
        "blob.lease-exclusive", "blob.lease-expires", "blob.lease-guards-writes", "blob.lease-keeps-etag",
        "blob.list-bom", "blob.list-delimiter", "blob.list-marker", "blob.list-order", "blob.list-prefix", "blob.md5",
        "blob.metadata-names", "blob.metadata-replaces", "blob.range", "blob.range-invalid", "blob.sas-expiry",
        "blob.sas-permission", "blob.sas-protocol", "blob.sas-scope", "blob.sas-signature", "blob.signature",
        "blob.tags-condition", "blob.tags-limits", "blob.token", "blob.token-needs-tls", "blob.version",
    ]

    /// What tests may set at `/_emulator/blob/settings`.
    struct Settings: Sendable {
        /// Before each page of a listing comes one without entries.
        var sendsEmptyPages = false
        /// For so long the name of a deleted container cannot be taken again.
        var containerDeletionSeconds = 0.0
    }

    struct State: Sendable {
        var account = BlobAccount()
        /// What the secondary knows while it lags behind; otherwise it knows all.
        var secondary: BlobAccount?
        var settings = Settings()
    }

    /// More content than this is refused, so that a test gone wild ends before the machine does.
    static let maximumBytes = 6 << 30

    package let name = "blob"
    let environment: Environment
    let state = Mutex(State())

    package init(_ environment: Environment) { self.environment = environment }

    var rules: Rules { environment.rules }

    package func reset() { state.withLock { $0 = State() } }

    package func answer(_ request: Request) async -> Response { answer(request, isPart: false) }

    /// Answers a request, or a part of a batch.
    func answer(_ request: Request, isPart: Bool) -> Response {
        var response: Response
        do {
            let call = try BlobCall(request, account: environment.accounts.storageName)
            if !isPart { try checkHeaders(request) }
            let grant =
                isPart && !rules.holds("blob.batch-part-signatures")
                ? StorageGrant()
                : try StorageAuthorization(service: "blob", environment: environment).grant(request, scope: call.scope)
            response = try perform(call, grant, isPart: isPart)
        } catch {
            response = Self.response(error, holdsErrorCode: rules.holds("blob.error-code"))
        }
        response.headers.append(Field("x-ms-request-id", randomIdentifier()))
        if let version = request.header("x-ms-version") { response.headers.append(Field("x-ms-version", version)) }
        if let identifier = request.header("x-ms-client-request-id") {
            response.headers.append(Field("x-ms-client-request-id", identifier))
        }
        return response
    }

    private static func response(_ error: StorageError, holdsErrorCode: Bool) -> Response {
        let code = holdsErrorCode ? error.code : "InternalError"
        var response = Response(error.status, headers: error.headers)
        response.headers.append(Field("x-ms-error-code", code))
        guard error.status != 304 else { return response }
        response.headers.append(Field("Content-Type", "application/xml"))
        let message = "\(error.message)\nTime:\(Clock.machine.iso8601())"
        response.body = Array(
            ("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>" + XML.element("Code", code)
                + XML.element("Message", message) + "</Error>").utf8
        )
        return response
    }

    private func checkHeaders(_ request: Request) throws(StorageError) {
        if rules.holds("blob.version") {
            if let version = request.header("x-ms-version") {
                guard StorageVersion.known.contains(version) else { throw .invalidHeader("x-ms-version") }
            } else if request.header("Authorization") != nil {
                throw .missingHeader("x-ms-version")
            }
        }
        let hasBody = request.method == "PUT" || request.method == "POST"
        if hasBody, request.header("Content-Length") == nil, rules.holds("blob.content-length") {
            throw StorageError(411, "MissingContentLengthHeader", "Content-Length HTTP header is missing.")
        }
    }

    private func perform(_ call: BlobCall, _ grant: StorageGrant, isPart: Bool) throws(StorageError) -> Response {
        let method = call.request.method
        if call.isSecondary, method != "GET", method != "HEAD" {
            throw StorageError(403, "WriteOperationNotSupportedOnSecondary", "Write operations are not allowed.")
        }
        guard call.container != nil else { return try service(call, grant) }
        if call.blob == nil { return try container(call, grant) }
        switch (method, call.component) {
        case ("PUT", ""):
            if call.request.header("x-ms-copy-source") != nil { throw .unsupportedHeader("x-ms-copy-source") }
            return try put(call, grant)
        case ("PUT", "block"): return try stage(call, grant)
        case ("PUT", "blocklist"): return try commit(call, grant)
        case ("GET", "blocklist"): return try blockList(call, grant)
        case ("PUT", "appendblock"): return try append(call, grant)
        case ("PUT", "seal"): return try seal(call, grant)
        case ("GET", ""): return try get(call, grant)
        case ("HEAD", ""), ("GET", "metadata"), ("HEAD", "metadata"): return try head(call, grant)
        case ("DELETE", ""): return try delete(call, grant)
        case ("PUT", "metadata"): return try setMetadata(call, grant)
        case ("PUT", "properties"): return try setProperties(call, grant)
        case ("PUT", "tags"): return try setTags(call, grant)
        case ("GET", "tags"): return try getTags(call, grant)
        case ("PUT", "tier"): return try setTier(call, grant)
        case ("PUT", "lease"): return try lease(call, grant)
        default: throw call.component.isEmpty ? .unsupportedVerb : .unsupportedQuery("comp")
        }
    }

    package func control(_ path: [String], _ request: Request) -> Response? {
        guard path == ["settings"], request.method == "PUT" else { return nil }
        guard let members = JSON(parsing: request.body)?.members else { return Response(400) }
        return state.withLock { state in
            for member in members {
                switch member.name {
                case "emptyPages": state.settings.sendsEmptyPages = member.value.bool ?? false
                case "secondaryLags": state.secondary = member.value.bool == true ? state.account : nil
                case "containerDeletionSeconds": state.settings.containerDeletionSeconds = member.value.double ?? 0
                default: return Response(400)
                }
            }
            return Response(204)
        }
    }
}

// MARK: - Finding what a request is about

extension BlobService {
    static let containerNotFound = StorageError(404, "ContainerNotFound", "The specified container does not exist.")
    static let blobNotFound = StorageError(404, "BlobNotFound", "The specified blob does not exist.")

    /// Lends the container that a request names, for a change in place.
    func withContainer<Result: Sendable>(
        _ call: BlobCall,
        _ body: (inout BlobContainer, inout Int) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try state.withLock { state throws(StorageError) -> Result in
            let name = call.container ?? ""
            guard state.account.containers[name] != nil else { throw Self.containerNotFound }
            if state.account.bytes > Self.maximumBytes {
                throw StorageError(503, "ServerBusy", "The emulator holds as much as it is allowed to.")
            }
            return try body(&state.account.containers[name]!, &state.account.bytes)
        }
    }

    /// Lends the blob that a request names, for a change in place, after conditions and lease are checked.
    func withBlob<Result: Sendable>(
        _ call: BlobCall,
        checksLease: Bool = true,
        _ body: (inout Blob, inout Int) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try withContainer(call) { container, bytes throws(StorageError) -> Result in
            let name = call.blob ?? ByteString("")
            let conditions = BlobConditions(request: call.request, rules: self.rules)
            guard container[name] != nil else {
                if call.request.header("If-Match") != nil { try conditions.check(nil, isRead: false) }
                throw Self.blobNotFound
            }
            try conditions.check(container[name], isRead: false)
            if checksLease { try container[name]!.lease.guardWrite(call.request, self.environment) }
            return try body(&container[name]!, &bytes)
        }
    }

    /// The blob that a request reads, after conditions and lease are checked.
    func find(_ call: BlobCall) throws(StorageError) -> Blob {
        let found = try state.withLock { state throws(StorageError) -> Blob? in
            let account = call.isSecondary ? state.secondary ?? state.account : state.account
            guard let container = account.containers[call.container ?? ""] else { throw Self.containerNotFound }
            return container[call.blob ?? ByteString("")]
        }
        guard let blob = found else { throw Self.blobNotFound }
        try BlobConditions(request: call.request, rules: rules).check(blob, isRead: true)
        try blob.lease.guardRead(call.request, environment)
        return blob
    }

    /// The headers that tell the state of a blob after a change.
    static func stamp(etag: String, _ lastModified: Moment) -> [Field] {
        [Field("ETag", etag), Field("Last-Modified", lastModified.rfc1123)]
    }
}
