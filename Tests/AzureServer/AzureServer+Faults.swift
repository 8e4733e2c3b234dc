internal import CutoverAzureTransport
import Foundation

extension AzureServer {
    /// Which requests something happens to, and what.
    package struct Fault: Sendable {
        /// The service, `blob` or `table`.
        package var service: String
        package var method: String?
        /// With `*` for any text, such as `*/container/*`.
        package var path: String
        package var query: String?
        /// How many are let through first.
        package var skip = 0
        /// Which of the others it meets: each one, or every third.
        package var every = 1
        /// How many it meets at most.
        package var next: Int?
        package var effect: Effect

        package init(_ service: String, _ method: String? = nil, path: String, query: String? = nil, _ effect: Effect) {
            self.service = service
            self.method = method
            self.path = path
            self.query = query
            self.effect = effect
        }
    }

    /// What happens to a request.
    package enum Effect: Sendable {
        /// The server carries it out and closes the connection without an answer.
        case replyLost
        /// The server closes the connection before it has carried it out.
        case requestLost
        /// The server refuses it for now, with 503.
        case busy
    }

    /// Adds faults. Their paths name the container or tables of one test, because others use the server, too.
    package func add(_ faults: [Fault]) async throws {
        let text = try JSONSerialization.data(withJSONObject: faults.map(\.fields))
        let endpoint = endpoints["blob"] ?? ""
        guard var url = HTTPURL(endpoint) else { throw AzureServerError("no endpoint") }
        url.percentEncodedPath = "/_emulator/faults"
        let transport = CurlTransport()
        let request = HTTPRequest(
            method: .post,
            url: url,
            headers: ["Content-Type": "application/json"],
            body: .bytes(Array(text))
        )
        let response = try await transport.send(request)
        await transport.stop()
        guard (200..<300).contains(response.status) else {
            throw AzureServerError("the emulator refuses the faults: \(response.status)")
        }
    }
}

extension AzureServer.Fault {
    fileprivate var fields: [String: Any] {
        var fields: [String: Any] = ["service": service, "path": path, "skip": skip, "every": every]
        if let method { fields["method"] = method }
        if let query { fields["query"] = query }
        if let next { fields["next"] = next }
        switch effect {
        case .replyLost: fields["effect"] = ["reset": "after"]
        case .requestLost: fields["effect"] = ["reset": "before"]
        case .busy:
            fields["effect"] =
                ["status": 503, "headers": ["x-ms-error-code": "ServerBusy"], "retryAfterSeconds": 0] as [String: Any]
        }
        return fields
    }
}
