import CutoverAzureTransport
import MigrationCore

@testable import BlobAdapter

/// A container of Blob Storage in memory, behind the transport: as much of the service as the stores use.
///
/// It knows nothing of the stores' own forms. A test may answer a request itself, before or after it was carried out.
final class FakeBlobs: HTTPTransport {
    struct Blob {
        var bytes: [UInt8]
        var etag: String
        /// Type, checksum and metadata, as they are given back.
        var headers: HTTPHeaders = [:]
        var isLog = false
        var blocks = 0
    }

    struct State {
        var container: [BlobName: Blob]?
        /// Blocks that nobody sees yet, by blob and id.
        var staged: [BlobName: [String: [UInt8]]] = [:]
        var number = 0
        var requests: [HTTPRequest] = []
        var sendsEmptyPages = false
        /// What a request waits for before it arrives.
        var hold: (@Sendable (HTTPRequest) async -> Void)?
        /// What happens right before a request is carried out.
        var meddle: (@Sendable (HTTPRequest, inout State) -> Void)?
        /// The answer to a request, instead of the service's, before it is carried out.
        var before: (@Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>?)?
        /// The same, after it was carried out.
        var after: (@Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>?)?

        mutating func tag() -> String {
            number += 1
            return "\"0x8D\(number)\""
        }
    }

    let state: Locked<State>

    init(hasContainer: Bool = true) {
        state = Locked(State(container: hasContainer ? [:] : nil))
    }

    func configuration() throws -> BlobConfiguration {
        try BlobConfiguration(connectionString: "UseDevelopmentStorage=true", container: "things")
    }

    func connect(_ change: (inout BlobConfiguration) -> Void = { _ in }) async throws -> BlobDocumentStore {
        var configuration = try configuration()
        change(&configuration)
        return try await BlobDocumentStore.connect(id: "blobs", configuration, in: AzureEnvironment(transport: self))
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        await Task.yield()
        if let hold = state.withLock({ $0.hold }) { await hold(request) }
        return try state.withLock { (state) throws(TransportError) in
            state.requests.append(request)
            if let meddle = state.meddle { meddle(request, &state) }
            if let answer = state.before?(request) { return try answer.get() }
            let response = Self.answer(FakeCall(request), &state)
            if let answer = state.after?(request) { return try answer.get() }
            return response
        }
    }

    func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStreamedResponse {
        throw TransportError(.invalidRequest, "The fake streams nothing.", requestMayHaveArrived: false)
    }

    /// A reply that was lost: nobody knows whether the request arrived.
    static let lost = Result<HTTPResponse, TransportError>.failure(
        TransportError(.reset, "The connection broke.", requestMayHaveArrived: true)
    )

    /// Loses replies of the requests that fit, the first `count` of them, after or before they are carried out.
    func lose(
        _ count: Int,
        applied: Bool,
        where fits: @escaping @Sendable (HTTPRequest) -> Bool = { $0.method == .put || $0.method == .delete }
    ) {
        let left = Locked(count)
        let answer: @Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>? = { request in
            guard fits(request) else { return nil }
            return left.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return Self.lost
            }
        }
        state.withLock { if applied { $0.after = answer } else { $0.before = answer } }
    }

    private static func answer(_ call: FakeCall, _ state: inout State) -> HTTPResponse {
        guard call.headers["Authorization"]?.hasPrefix("SharedKey devstoreaccount1:") == true,
            call.headers["x-ms-version"] != nil
        else { return refusal(403, "AuthenticationFailed") }
        guard let name = call.blob else {
            switch (call.request.method, call["comp"]) {
            case (.put, nil):
                if state.container != nil { return refusal(409, "ContainerAlreadyExists") }
                state.container = [:]
                return HTTPResponse(status: 201)
            case (.get, nil):
                return state.container == nil ? refusal(404, "ContainerNotFound") : HTTPResponse(status: 200)
            case (.get, "list"?):
                guard let blobs = state.container else { return refusal(404, "ContainerNotFound") }
                return list(blobs, call, state.sendsEmptyPages)
            default: return refusal(400, "InvalidQueryParameterValue")
            }
        }
        guard state.container != nil else { return refusal(404, "ContainerNotFound") }
        switch call.request.method {
        case .put: return put(call, name, &state)
        case .delete:
            if let refused = call.refusal(of: state.container?[name]) { return refused }
            guard state.container?.removeValue(forKey: name) != nil else { return refusal(404, "BlobNotFound") }
            return HTTPResponse(status: 202)
        case .get, .head:
            guard let current = state.container?[name] else {
                var answer = refusal(404, "BlobNotFound")
                if call.request.method == .head { answer.body = [] }
                return answer
            }
            if let refused = call.refusal(of: current) { return refused }
            return call.request.method == .get ? read(call, current) : head(current)
        default: return refusal(405, "UnsupportedHttpVerb")
        }
    }

    private static func put(_ call: FakeCall, _ name: BlobName, _ state: inout State) -> HTTPResponse {
        let bytes = call.bytes
        if let checksum = call.headers["Content-MD5"], checksum != ContentMD5.headerValue(of: bytes) {
            return refusal(400, "Md5Mismatch")
        }
        let current = state.container?[name]
        switch (call["comp"], call.headers["x-ms-blob-type"]) {
        case ("block"?, _):
            guard let id = call["blockid"], !bytes.isEmpty else { return refusal(400, "InvalidBlockId") }
            state.staged[name, default: [:]][id] = bytes
            return HTTPResponse(status: 201)
        case ("metadata"?, _):
            guard var blob = current else { return refusal(404, "BlobNotFound") }
            if let refused = call.refusal(of: current) { return refused }
            let kept = blob.headers.fields.filter { !$0.name.lowercased().hasPrefix("x-ms-meta-") }
            blob.headers = HTTPHeaders(kept + call.headers.fields.filter { $0.name.hasPrefix("x-ms-meta-") })
            blob.etag = state.tag()
            var answer = store(blob, name, &state)
            answer.status = 200
            return answer
        case ("blocklist"?, _):
            if let refused = call.refusal(of: current) { return refused }
            var content: [UInt8] = []
            for id in call.blockIDs {
                guard let block = state.staged[name]?[id] else { return refusal(400, "InvalidBlockList") }
                content += block
            }
            state.staged[name] = nil
            return store(
                Blob(bytes: content, etag: state.tag(), headers: call.stored(type: "x-ms-blob-content-type")),
                name,
                &state
            )
        case ("appendblock"?, _):
            guard var blob = current, blob.isLog else { return refusal(404, "BlobNotFound") }
            if let length = call.headers["x-ms-blob-condition-appendpos"], length != "\(blob.bytes.count)" {
                return refusal(412, "AppendPositionConditionNotMet")
            }
            guard blob.blocks < 50_000, bytes.count <= 4 << 20 else { return refusal(409, "BlockCountExceedsLimit") }
            blob.bytes += bytes
            blob.blocks += 1
            blob.etag = state.tag()
            return store(blob, name, &state)
        case (nil, "BlockBlob"?), (nil, "AppendBlob"?):
            if let refused = call.refusal(of: current) { return refused }
            let isLog = call.headers["x-ms-blob-type"] == "AppendBlob"
            state.staged[name] = nil
            var blob = Blob(bytes: bytes, etag: state.tag(), headers: call.stored(type: "Content-Type"), isLog: isLog)
            if !isLog { blob.headers["x-ms-blob-content-md5"] = ContentMD5.headerValue(of: bytes) }
            return store(blob, name, &state)
        default: return refusal(400, "InvalidHeaderValue")
        }
    }

    private static func store(_ blob: Blob, _ name: BlobName, _ state: inout State) -> HTTPResponse {
        state.container?[name] = blob
        return HTTPResponse(status: 201, headers: ["ETag": blob.etag])
    }

    private static func head(_ blob: Blob) -> HTTPResponse {
        var headers = blob.headers
        headers["ETag"] = blob.etag
        headers["Content-Length"] = "\(blob.bytes.count)"
        if let md5 = headers["x-ms-blob-content-md5"] { headers["Content-MD5"] = md5 }
        headers["x-ms-blob-content-md5"] = nil
        return HTTPResponse(status: 200, headers: headers)
    }

    private static func read(_ call: FakeCall, _ blob: Blob) -> HTTPResponse {
        guard let range = call.range else {
            var answer = head(blob)
            answer.body = blob.bytes
            return answer
        }
        guard range.lowerBound < blob.bytes.count else { return refusal(416, "InvalidRange") }
        let end = min(range.upperBound, blob.bytes.count)
        let bytes = Array(blob.bytes[range.lowerBound..<end])
        var headers = blob.headers
        headers["ETag"] = blob.etag
        headers["Content-Range"] = "bytes \(range.lowerBound)-\(end - 1)/\(blob.bytes.count)"
        if call.headers["x-ms-range-get-content-md5"] == "true" {
            guard bytes.count <= 4 << 20 else { return refusal(400, "InvalidHeaderValue") }
            headers["Content-MD5"] = ContentMD5.headerValue(of: bytes)
        }
        return HTTPResponse(status: 206, headers: headers, body: bytes)
    }

    private static func list(_ blobs: [BlobName: Blob], _ call: FakeCall, _ sendsEmptyPages: Bool) -> HTTPResponse {
        let size = call["maxresults"].flatMap { Int($0) } ?? 5_000
        var start = call["marker"] ?? ""
        if start.hasPrefix("empty!") {
            start = String(start.dropFirst(6))
        } else if sendsEmptyPages {
            return page([], next: "empty!\(start)")
        }
        let prefix = call["prefix"] ?? ""
        let names = blobs.keys.filter {
            $0.text.utf8.starts(with: prefix.utf8) && !$0.text.utf8.lexicographicallyPrecedes(start.utf8)
        }
        .sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
        let found = names.prefix(size).compactMap { name in blobs[name].map { (name, $0) } }
        return page(found, next: names.count > size ? names[size].text : "")
    }

    private static func page(_ blobs: [(BlobName, Blob)], next: String) -> HTTPResponse {
        var text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"c\"><Blobs>"
        for (name, blob) in blobs {
            text +=
                "<Blob><Name>\(XMLText.escaped(name.text))</Name><Properties><Etag>\(blob.etag.dropFirst().dropLast())</Etag>"
            text += "<Content-Length>\(blob.bytes.count)</Content-Length>"
            text += "<Content-Type>\(blob.headers["Content-Type"] ?? "")</Content-Type><Content-CRC64 />"
            text += "<Content-MD5>\(blob.headers["x-ms-blob-content-md5"] ?? "")</Content-MD5></Properties><Metadata>"
            for field in blob.headers.fields where field.name.hasPrefix("x-ms-meta-") {
                let key = field.name.dropFirst("x-ms-meta-".count)
                text += "<\(key)>\(XMLText.escaped(field.value))</\(key)>"
            }
            text += "</Metadata><OrMetadata /></Blob>"
        }
        text += "</Blobs><NextMarker>\(XMLText.escaped(next))</NextMarker></EnumerationResults>"
        return HTTPResponse(status: 200, headers: ["Content-Type": "application/xml"], body: Array(text.utf8))
    }

    static func refusal(_ status: Int, _ code: String) -> HTTPResponse {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>No.</Message></Error>"
        return HTTPResponse(status: status, headers: ["x-ms-error-code": code], body: Array(text.utf8))
    }
}
