internal import CutoverAzureTransport
import Foundation

extension AzureServer {
    /// How many requests each fault has met, in the order in which they were added; for a server that is one test's own.
    package func faultsMet() async throws -> [Int] {
        guard var url = HTTPURL(endpoints["blob"] ?? "") else { throw AzureServerError("no endpoint") }
        url.percentEncodedPath = "/_emulator/faults"
        let transport = CurlTransport()
        let response = try await transport.send(HTTPRequest(method: .get, url: url))
        await transport.stop()
        guard let faults = try JSONSerialization.jsonObject(with: Data(response.body)) as? [[String: Any]] else {
            throw AzureServerError("the emulator does not tell its faults: \(response.status)")
        }
        return faults.map { $0["met"] as? Int ?? 0 }
    }
}
