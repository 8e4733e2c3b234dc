import CutoverAzureTransport
import MigrationCore
import Testing

@testable import TableAdapter

@Suite("Entity-group transactions on the wire")
struct ChangeSetTests {
    @Test("a transaction is one change set of HTTP requests without credentials")
    func body() throws {
        let url = try #require(HTTPURL("http://127.0.0.1:10002/devstoreaccount1"))
        let changes = [
            EntityChange(kind: .insert, key: EntityKey(partition: "p'1", row: "r"), properties: []),
            EntityChange(kind: .deleteVersion("W/\"x\""), key: EntityKey(partition: "p'1", row: "s/"), properties: nil),
        ]
        let bytes = ChangeSet.body(changes, table: "things", stamp: "s", boundary: "B") {
            url.appending(percentEncodedPath: $0)
        }
        let json = #"{"PartitionKey":"p'1","RowKey":"r","CutoverWrite":"s"}"#
        let lines = [
            "--batch_B", "Content-Type: multipart/mixed; boundary=changeset_B", "", "--changeset_B",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary", "Content-ID: 0", "",
            "POST http://127.0.0.1:10002/devstoreaccount1/things HTTP/1.1",
            "Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0", "Prefer: return-no-content",
            "Content-Type: application/json", "Content-Length: \(json.utf8.count)", "", json, "--changeset_B",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary", "Content-ID: 1", "",
            "DELETE http://127.0.0.1:10002/devstoreaccount1/things(PartitionKey='p%27%271',RowKey='s%2F') HTTP/1.1",
            "Accept: application/json;odata=minimalmetadata", "DataServiceVersion: 3.0", "If-Match: W/\"x\"", "", "",
            "--changeset_B--",
            "--batch_B--", "",
        ]
        #expect(String(decoding: bytes, as: UTF8.self) == lines.joined(separator: "\r\n"))
    }

    private func response(_ text: String) -> HTTPResponse {
        HTTPResponse(
            status: 202,
            headers: ["Content-Type": "multipart/mixed; boundary=batchresponse_1"],
            body: Array(text.replacing("\n", with: "\r\n").utf8)
        )
    }

    @Test("an answer tells the versions of what was written")
    func applied() {
        let text = """
            --batchresponse_1
            Content-Type: multipart/mixed; boundary=changesetresponse_2

            --changesetresponse_2
            Content-Type: application/http
            Content-Transfer-Encoding: binary

            HTTP/1.1 204 No Content
            X-Content-Type-Options: nosniff
            ETag: W/"datetime'2024-02-26T20%3A27%3A45.2771851Z'"


            --changesetresponse_2
            Content-Type: application/http
            Content-Transfer-Encoding: binary

            HTTP/1.1 204 No Content
            DataServiceVersion: 1.0;


            --changesetresponse_2--
            --batchresponse_1--

            """
        let answer = ChangeSet.answer(response(text), count: 2)
        #expect(answer == .applied(["W/\"datetime'2024-02-26T20%3A27%3A45.2771851Z'\"", nil]))
        #expect(ChangeSet.answer(response(text), count: 3) == nil)
        for length in stride(from: 0, to: text.utf8.count - 60, by: 7) {
            #expect(ChangeSet.answer(response(String(text.prefix(length))), count: 2) == nil)
        }
    }

    @Test("a refused answer tells status and code of the culprit")
    func refused() {
        let text = """
            --batchresponse_1
            Content-Type: multipart/mixed; boundary="changesetresponse_2"

            --changesetresponse_2
            Content-Type: application/http

            HTTP/1.1 409 Conflict
            Content-Type: application/json

            {"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"2:The specified entity already exists."}}}
            --changesetresponse_2--
            --batchresponse_1--

            """
        #expect(ChangeSet.answer(response(text), count: 5) == .refused(status: 409, code: "EntityAlreadyExists"))
    }
}
