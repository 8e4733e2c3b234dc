internal import CutoverAzureTransport
import Foundation

extension AzureServer {
    /// How many requests each fault has met, in the order in which they were added; for a server that is one test's own.
    package func faultsMet() async throws -> [Int] {
        guard let faults = try await told("faults") as? [[String: Any]] else {
            throw AzureServerError("the emulator does not tell its faults")
        }
        return faults.map { $0["met"] as? Int ?? 0 }
    }

    /// How many items a container of the Cosmos account has.
    package func itemCount(database: String, container: String) async throws -> Int {
        let query = [("database", database), ("container", container)].map { HTTPURL.QueryItem(name: $0, value: $1) }
        guard let facts = try await told("cosmos/container", query) as? [String: Any],
            let count = facts["documents"] as? Int
        else { throw AzureServerError("the emulator does not know the container") }
        return count
    }

    private func told(_ path: String, _ query: [HTTPURL.QueryItem] = []) async throws -> Any {
        guard var url = HTTPURL(endpoints["blob"] ?? "") else { throw AzureServerError("no endpoint") }
        url.percentEncodedPath = "/_emulator/\(path)"
        url.query = query
        let transport = CurlTransport()
        let response = try await transport.send(HTTPRequest(method: .get, url: url))
        await transport.stop()
        return try JSONSerialization.jsonObject(with: Data(response.body))
    }
}
