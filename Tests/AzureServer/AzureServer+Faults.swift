internal import CutoverAzureTransport
import Foundation
internal import MigrationCore

extension AzureServer {
    /// Which requests something happens to, and what.
    package struct Fault: Sendable {
        /// The service, `blob`, `cosmos` or `table`.
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
        /// The server refuses it with 429, and asks for a pause of some milliseconds.
        case throttled(milliseconds: Int)
        /// The server carries it out and closes the connection without an answer.
        case replyLost
        /// The server closes the connection before it has carried it out.
        case requestLost
        /// The server waits for some milliseconds before it carries it out.
        case delayed(milliseconds: Int)
        /// Nothing: it is only counted, see ``AzureServer/faultsMet()``.
        case counted
        /// The server refuses it for now, with 503.
        case busy
        /// Cosmos DB refuses it with these.
        case refused(status: Int, substatus: Int)
    }

    /// Adds faults. Their paths name the container or tables of one test, because others use the server, too.
    package func add(_ faults: [Fault]) async throws {
        try await control(.post, "faults", faults.map(\.fields))
    }

    /// Changes how the Cosmos account is set up, such as its consistency: for a server that is one test's own.
    package func set(_ settings: [String: Any]) async throws {
        try await control(.put, "cosmos/settings", settings)
    }

    /// Splits a physical range of a container.
    package func split(_ range: String, database: String, container: String) async throws {
        let fields = ["database": database, "container": container, "range": range]
        try await control(.post, "cosmos/split", fields)
    }

    /// Makes one range of two neighbours.
    package func merge(_ ranges: [String], database: String, container: String) async throws {
        let fields: [String: Any] = ["database": database, "container": container, "ranges": ranges]
        try await control(.post, "cosmos/merge", fields)
    }

    /// Deletes a container of the Cosmos account, as somebody else would.
    package func deleteContainer(_ container: String, database: String) async throws {
        let account = try CosmosAccount(connectionString: cosmos)
        var url = account.endpoint
        url.percentEncodedPath = "/dbs/\(database)/colls/\(container)"
        let transport = CurlTransport()
        let context = TokenContext(transport: transport)
        var request = HTTPRequest(method: .delete, url: url, headers: ["x-ms-version": "2020-07-15"])
        try await account.signer(context: context).sign(&request, at: .now())
        let response = try await transport.send(request)
        await transport.stop()
        guard response.status == 204 else { throw AzureServerError("the container stays: \(response.status)") }
    }

    private func control(_ method: HTTPMethod, _ path: String, _ body: Any) async throws {
        let text = try JSONSerialization.data(withJSONObject: body)
        let endpoint = endpoints["blob"] ?? ""
        guard var url = HTTPURL(endpoint) else { throw AzureServerError("no endpoint") }
        url.percentEncodedPath = "/_emulator/\(path)"
        let transport = CurlTransport()
        let request = HTTPRequest(
            method: method,
            url: url,
            headers: ["Content-Type": "application/json"],
            body: .bytes(Array(text))
        )
        let response = try await transport.send(request)
        await transport.stop()
        guard (200..<300).contains(response.status) else {
            throw AzureServerError("the emulator refuses \(path): \(response.status)")
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
        case .throttled(let milliseconds):
            fields["effect"] = ["status": 429, "retryAfterMilliseconds": milliseconds]
        case .delayed(let milliseconds): fields["effect"] = ["delayMilliseconds": milliseconds]
        case .counted: fields["effect"] = ["delayMilliseconds": 0]
        case .replyLost: fields["effect"] = ["reset": "after"]
        case .requestLost: fields["effect"] = ["reset": "before"]
        case .refused(let status, let substatus):
            fields["effect"] = ["status": status, "headers": ["x-ms-substatus": "\(substatus)"]] as [String: Any]
        case .busy:
            fields["effect"] =
                ["status": 503, "headers": ["x-ms-error-code": "ServerBusy"], "retryAfterSeconds": 0] as [String: Any]
        }
        return fields
    }
}
