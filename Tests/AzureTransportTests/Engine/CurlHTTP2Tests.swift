import CutoverAzureTransport
import Foundation
import Testing

@Suite("The version of HTTP is agreed upon in the handshake", .timeLimit(.minutes(1)))
struct CurlHTTP2Tests {
    /// What the server says about a request.
    private struct Answer: Decodable {
        var `protocol`: String
        var connection: Int
        var stream: Int
        var bytes: Int
    }

    private func transport(_ server: TLSServer, _ version: CurlTransport.HTTPVersion) -> CurlTransport {
        var configuration = CurlTransport.Configuration()
        configuration.certificateAuthorityFile = server.certificate
        configuration.httpVersion = version
        return CurlTransport(configuration)
    }

    /// Posts bodies side by side.
    private func answers(
        _ sizes: [Int],
        from server: TLSServer,
        over transport: CurlTransport
    ) async throws -> [Answer] {
        let url = try server.url("127.0.0.1")
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            for size in sizes {
                group.addTask {
                    let body = [UInt8](repeating: 7, count: size)
                    let response = try await transport.send(HTTPRequest(method: .post, url: url, body: .bytes(body)))
                    #expect(response.status == 200)
                    return try JSONDecoder().decode(Answer.self, from: Data(response.body))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("a server that offers HTTP/2 gets it, and requests share one connection, also with bodies beyond its window")
    func negotiated() async throws {
        let sizes = [0, 1, 1_000, 70_000, 300_000, 2, 3, 4]
        let server = try await TLSServer.offering("h2,http/1.1", together: sizes.count)
        defer { server.stop() }
        let transport = transport(server, .negotiated)
        for round in 0..<2 {
            let answers = try await answers(sizes, from: server, over: transport)
            #expect(answers.allSatisfy { $0.protocol == "h2" && $0.connection == 1 }, "round \(round)")
            #expect(answers.map(\.bytes).sorted() == sizes.sorted())
            #expect(Set(answers.map(\.stream)).count == sizes.count)
        }
        await transport.stop()
    }

    @Test("streamed and collected answers follow each other on connections that others share, in any order")
    func streamed() async throws {
        let server = try await TLSServer.offering("h2,http/1.1", together: 4)
        defer { server.stop() }
        let transport = transport(server, .negotiated)
        let url = try server.url("127.0.0.1")
        for round in 0..<40 {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for index in 0..<4 {
                    let request = HTTPRequest(method: .get, url: url)
                    // Each handle has both kinds of answers, one after the other.
                    let isStreamed = (index + round).isMultiple(of: 2)
                    group.addTask {
                        guard isStreamed else { return try await transport.send(request).body }
                        var body: [UInt8] = []
                        let answer = try await transport.stream(request)
                        while let chunk = try await answer.body.next() { body += chunk }
                        return body
                    }
                }
                for try await body in group {
                    let answer = try JSONDecoder().decode(Answer.self, from: Data(body))
                    #expect(answer.protocol == "h2" && answer.connection == 1, "round \(round)")
                }
            }
            // What one exchange has received for another one does not wait for the next limit, which is that of connecting.
            #expect(start.duration(to: .now) < .seconds(5), "round \(round)")
        }
        await transport.stop()
    }

    @Test("a server that does not offer it is spoken to in HTTP/1.1, and so is one that does where that is configured")
    func fallback() async throws {
        let old = try await TLSServer.offering("http/1.1")
        defer { old.stop() }
        let new = try await TLSServer.offering("h2,http/1.1")
        defer { new.stop() }
        for (server, version) in [(old, CurlTransport.HTTPVersion.negotiated), (new, .http1)] {
            let transport = transport(server, version)
            let answers = try await answers([0, 100_000, 5], from: server, over: transport)
            #expect(answers.allSatisfy { $0.protocol == "http/1.1" })
            #expect(answers.map(\.bytes).sorted() == [0, 5, 100_000])
            await transport.stop()
        }
    }
}
