import Synchronization

/// The last requests, for comparison with what the official clients send. Secrets are left out when it is read.
package final class Recorder: Sendable {
    private struct Entry {
        var number: Int
        var service: String
        var request: Request
        var bodyBytes: Int
        var status: Int
    }

    private struct State {
        var entries: [Entry] = []
        var next = 0
        var count = 0
    }

    /// How many requests are kept.
    package static let maximumRequests = 2_000
    /// Bodies longer than this are kept as their length only.
    private static let maximumBodyBytes = 4_096

    private let state = Mutex(State())

    package init() {}

    package func record(_ request: Request, service: String, status: Int) {
        var kept = request
        // What goes to the identity service is a secret as a whole.
        if request.body.count > Self.maximumBodyBytes || service == "identity" { kept.body = [] }
        state.withLock { [kept] state in
            let entry = Entry(
                number: state.count,
                service: service,
                request: kept,
                bodyBytes: request.body.count,
                status: status
            )
            state.count += 1
            if state.entries.count < Self.maximumRequests {
                state.entries.append(entry)
            } else {
                state.entries[state.next] = entry
                state.next = (state.next + 1) % Self.maximumRequests
            }
        }
    }

    package func clear() { state.withLock { $0 = State() } }

    /// The kept requests, oldest first; `service` selects those of one service.
    package func listing(service: String?) -> JSON {
        let entries = state.withLock { Array($0.entries[$0.next...] + $0.entries[..<$0.next]) }
        return .array(
            entries.filter { service == nil || $0.service == service }.map { entry in
                let query = entry.request.query.map { field in
                    JSON.Member(field.name, .string(field.name.equalsIgnoringCase("sig") ? "redacted" : field.value))
                }
                let headers = entry.request.headers.map { field in
                    JSON.Member(field.name, .string(Self.redacted(field)))
                }
                var json: JSON = [
                    "number": .integer(entry.number), "service": .string(entry.service),
                    "method": .string(entry.request.method), "path": .string(entry.request.rawPath),
                    "query": .object(query), "headers": .object(headers), "bodyBytes": .integer(entry.bodyBytes),
                    "status": .integer(entry.status),
                ]
                if let text = String(validating: entry.request.body, as: UTF8.self), !text.isEmpty {
                    json["body"] = .string(Self.withoutSignatures(text))
                }
                return json
            }
        )
    }

    /// The value of a header; of one that lets somebody in, only its scheme.
    private static func redacted(_ field: Field) -> String {
        switch field.name.lowercased() {
        case "authorization", "x-ms-copy-source-authorization":
            String(field.value.prefix { $0 != " " && $0 != "=" && $0 != "%" }) + " redacted"
        case "x-identity-header", "secret", "cookie": "redacted"
        case "x-ms-copy-source": String(field.value.prefix { $0 != "?" })
        default: field.value
        }
    }

    /// The body of a batch carries a signature in each of its parts.
    private static func withoutSignatures(_ text: String) -> String {
        guard text.lowercased().contains("authorization:") else { return text }
        return text.split(separator: "\r\n", omittingEmptySubsequences: false).map { line in
            line.lowercased().hasPrefix("authorization:") ? "Authorization: redacted" : String(line)
        }.joined(separator: "\r\n")
    }
}
