import CutoverAzureTransport
import MigrationCore

@testable import TableAdapter

/// An account of Table Storage in memory, behind the transport: as much of the service as the store uses.
///
/// It knows nothing of the store's own forms: entities are JSON objects, and their properties come back in
/// alphabetical order, which the real service may do, too. A test may answer a request itself, before or after it was
/// carried out.
final class FakeTables: HTTPTransport {
    struct Row {
        var key: EntityKey
        var body: Document
        var etag: String
    }

    struct State {
        /// By small letters.
        var tables: [String: (name: String, rows: [EntityKey: Row])] = [:]
        var number = 0
        var requests: [HTTPRequest] = []
        var sendsEmptyPages = false
        /// The answer to a request, instead of the service's, before it is carried out.
        var before: (@Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>?)?
        /// The same, after it was carried out.
        var after: (@Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>?)?
    }

    let state = Locked(State())

    func connect(_ change: (inout TableConfiguration) -> Void = { _ in }) async throws -> TableDocumentStore {
        var configuration = try TableConfiguration(connectionString: "UseDevelopmentStorage=true")
        change(&configuration)
        return try await TableDocumentStore.connect(id: "tables", configuration, in: AzureEnvironment(transport: self))
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        await Task.yield()
        return try state.withLock { (state) throws(TransportError) in
            state.requests.append(request)
            if let answer = state.before?(request) { return try answer.get() }
            let response = Self.answer(request, &state)
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

    private static func answer(_ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
        guard request.headers["Authorization"]?.hasPrefix("SharedKey devstoreaccount1:") == true,
            request.headers["x-ms-version"] != nil, request.headers["Accept"] == TableGateway.accept
        else { return refusal(403, "AuthenticationFailed") }
        let path = String(request.url.percentEncodedPath.dropFirst("/devstoreaccount1/".count))
        if path == "$batch" { return batch(request, &state) }
        if path == "Tables" { return tables(request, &state) }
        if path.hasSuffix("()") { return query(String(path.dropLast(2)), request, &state) }
        return entity(request, path, &state)
    }

    private static func bytes(_ request: HTTPRequest) -> [UInt8] {
        if case .bytes(let bytes) = request.body { bytes } else { [] }
    }

    private static func tables(_ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
        guard request.method == .post else {
            let names = state.tables.values.map(\.name).sorted()
            return json(["value": .array(names.map { .document(["TableName": .string($0)]) })])
        }
        guard case .string(let name)? = (try? Document(json: bytes(request)))?["TableName"],
            TableNames.isTableName(name)
        else {
            return refusal(400, "InvalidResourceName")
        }
        guard state.tables[name.lowercased()] == nil else { return refusal(409, "TableAlreadyExists") }
        state.tables[name.lowercased()] = (name, [:])
        return HTTPResponse(status: 204)
    }

    private static func query(_ table: String, _ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
        func parameter(_ name: String) -> String? {
            request.url.query.first { $0.name == name }?.value.flatMap { HTTPURL.percentDecoded($0) }
        }
        guard let rows = state.tables[table.lowercased()]?.rows else { return refusal(404, "TableNotFound") }
        let size = parameter("$top").flatMap { Int($0) } ?? 1_000
        guard (1...1_000).contains(size) else { return refusal(400, "InvalidInput") }
        var sorted = rows.values.sorted { isBefore($0.key, $1.key) }
        if let filter = parameter("$filter") {
            let isEqual = filter.hasPrefix("PartitionKey eq '")
            guard isEqual || filter.hasPrefix("PartitionKey ne '"), filter.hasSuffix("'") else {
                return refusal(400, "InvalidInput")
            }
            let partition = filter.dropFirst(17).dropLast().replacing("''", with: "'")
            sorted = sorted.filter { $0.key.partition.hasSameUTF8(as: String(partition)) == isEqual }
        }
        if var partition = parameter("NextPartitionKey") {
            guard partition.hasPrefix("1!") || partition.hasPrefix("0!") else { return refusal(400, "InvalidInput") }
            let isEmptyPage = partition.hasPrefix("0!")
            partition = String(partition.dropFirst(2))
            let start = EntityKey(partition: partition, row: parameter("NextRowKey") ?? "")
            sorted = sorted.filter { !isBefore($0.key, start) }
            if !isEmptyPage, state.sendsEmptyPages { return page([], next: start, mark: "0!") }
        } else if state.sendsEmptyPages {
            return page([], next: EntityKey(partition: "", row: ""), mark: "0!")
        }
        return page(Array(sorted.prefix(size)), next: sorted.count > size ? sorted[size].key : nil, mark: "1!")
    }

    private static func page(_ rows: [Row], next: EntityKey?, mark: String) -> HTTPResponse {
        var answer = json(["value": .array(rows.map { .document(document($0)) })])
        if let next {
            answer.headers["x-ms-continuation-NextPartitionKey"] = mark + next.partition
            answer.headers["x-ms-continuation-NextRowKey"] = next.row
        }
        return answer
    }

    private static func document(_ row: Row) -> Document {
        var document: Document = ["odata.etag": .string(row.etag)]
        for (name, value) in row.body.sorted(by: { $0.name < $1.name }) { document.append(name, value) }
        document.append("Timestamp", "2024-02-26T20:27:45.2771851Z")
        return document
    }

    private static func entity(_ request: HTTPRequest, _ path: String, _ state: inout State) -> HTTPResponse {
        let parts = path.split(separator: "'", omittingEmptySubsequences: false)
        let table = String(parts[0].prefix { $0 != "(" }).lowercased()
        guard state.tables[table] != nil else { return refusal(404, "TableNotFound") }
        let body = try? Document(json: bytes(request))
        let key: EntityKey
        if request.method == .post {
            guard case .string(let partition)? = body?["PartitionKey"], case .string(let row)? = body?["RowKey"] else {
                return refusal(400, "PropertiesNeedValue")
            }
            key = EntityKey(partition: partition, row: row)
        } else {
            guard parts.count == 5, let partition = HTTPURL.percentDecoded(parts[1]),
                let row = HTTPURL.percentDecoded(parts[3])
            else { return refusal(400, "InvalidInput") }
            key = EntityKey(
                partition: partition.replacing("''", with: "'"),
                row: row.replacing("''", with: "'")
            )
        }
        for part in [key.partition, key.row] {
            guard part.utf16.count <= 512,
                part.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && !"/\\#?".utf8.contains($0) })
            else {
                return refusal(400, "OutOfRangeInput")
            }
        }
        let current = state.tables[table]?.rows[key]
        if request.method == .get {
            guard let current else { return refusal(404, "ResourceNotFound") }
            var answer = json(document(current))
            answer.headers["ETag"] = current.etag
            return answer
        }
        if request.method == .post, current != nil { return refusal(409, "EntityAlreadyExists") }
        if let tag = request.headers["If-Match"] {
            guard let current else { return refusal(404, "ResourceNotFound") }
            guard tag == "*" || tag == current.etag else { return refusal(412, "UpdateConditionNotSatisfied") }
        }
        if request.method == .delete {
            guard request.headers["If-Match"] != nil else { return refusal(400, "MissingRequiredHeader") }
            state.tables[table]?.rows[key] = nil
            return HTTPResponse(status: 204)
        }
        guard let body, body.count <= 255 * 2 else { return refusal(400, "InvalidInput") }
        state.number += 1
        let etag = "W/\"datetime'2024-02-26T20%3A27%3A45.\(state.number)Z'\""
        state.tables[table]?.rows[key] = Row(key: key, body: body, etag: etag)
        return HTTPResponse(status: 204, headers: ["ETag": etag])
    }

    private static func batch(_ request: HTTPRequest, _ state: inout State) -> HTTPResponse {
        guard let outer = MultipartText.boundary(request.headers["Content-Type"]),
            let parts = MultipartText.parts(bytes(request)[...], boundary: outer), parts.count == 1,
            let inner = MultipartText.boundary(parts[0].headers["Content-Type"]),
            let changes = MultipartText.parts(parts[0].body, boundary: inner), (1...100).contains(changes.count)
        else { return refusal(400, "InvalidInput") }
        var copy = state
        var answers: [HTTPResponse] = []
        var seen: Set<String> = []
        for change in changes {
            guard let part = self.change(change.body) else { return refusal(400, "InvalidInput") }
            let (method, url, headers, body) = part
            let path = String(url.percentEncodedPath.dropFirst("/devstoreaccount1/".count))
            guard method == .post || seen.insert(path).inserted else {
                return batchAnswer([refusal(400, "InvalidDuplicateRow")])
            }
            let single = HTTPRequest(method: method, url: url, headers: headers, body: .bytes(body))
            let answer = entity(single, path, &copy)
            if answer.status >= 400 { return batchAnswer([answer]) }
            answers.append(answer)
        }
        state = copy
        return batchAnswer(answers)
    }

    private static func change(_ bytes: ArraySlice<UInt8>) -> (HTTPMethod, HTTPURL, HTTPHeaders, [UInt8])? {
        // The same form as an answer but for its first line.
        guard let end = bytes.firstRange(of: [13, 10]) else { return nil }
        let words = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: " ")
        guard words.count == 3, let url = HTTPURL(String(words[1])),
            let rest = MultipartText.response((Array("HTTP/1.1 200 OK\r\n".utf8) + bytes[end.upperBound...])[...])
        else { return nil }
        return (HTTPMethod(String(words[0])), url, rest.headers, rest.body)
    }

    private static func batchAnswer(_ answers: [HTTPResponse]) -> HTTPResponse {
        var body = Array(
            "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n".utf8
        )
        for answer in answers {
            body +=
                "--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
                .utf8
            body += "HTTP/1.1 \(answer.status) Text\r\n".utf8
            for field in answer.headers.fields { body += "\(field.name): \(field.value)\r\n".utf8 }
            body += "\r\n".utf8
            body += answer.body
            body += "\r\n".utf8
        }
        body += "--changesetresponse_1--\r\n--batchresponse_1--\r\n".utf8
        return HTTPResponse(
            status: 202,
            headers: ["Content-Type": "multipart/mixed; boundary=batchresponse_1"],
            body: body
        )
    }

    private static func isBefore(_ a: EntityKey, _ b: EntityKey) -> Bool {
        a.partition.hasSameUTF8(as: b.partition)
            ? a.row.utf8.lexicographicallyPrecedes(b.row.utf8)
            : a.partition.utf8.lexicographicallyPrecedes(b.partition.utf8)
    }

    private static func json(_ document: Document) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: ["Content-Type": "application/json"],
            body: Array(document.json(.relaxed).utf8)
        )
    }

    static func refusal(_ status: Int, _ code: String) -> HTTPResponse {
        let text = "{\"odata.error\":{\"code\":\"\(code)\",\"message\":{\"lang\":\"en-US\",\"value\":\"0:No.\"}}}"
        return HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
    }
}
