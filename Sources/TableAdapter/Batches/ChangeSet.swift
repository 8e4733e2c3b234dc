internal import CutoverAzureTransport
internal import MigrationCore

/// An entity-group transaction on the wire: a multipart body within a multipart body.
enum ChangeSet {
    /// The service's limits.
    static let maximumChanges = 100
    static let maximumBytes = 4 << 20

    /// Writes the body of a transaction.
    ///
    /// - Parameter url: makes the absolute URL of a path, without any signature.
    static func body(
        _ changes: [EntityChange],
        table: String,
        stamp: String,
        boundary: String,
        url: (String) -> HTTPURL
    ) -> [UInt8] {
        let (outer, inner) = ("batch_\(boundary)", "changeset_\(boundary)")
        var bytes = Array("--\(outer)\r\nContent-Type: multipart/mixed; boundary=\(inner)\r\n\r\n".utf8)
        for (index, change) in changes.enumerated() {
            bytes += "--\(inner)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n".utf8
            bytes += "Content-ID: \(index)\r\n\r\n".utf8
            bytes += "\(change.method().name) \(url(change.path(table)).absoluteText) HTTP/1.1\r\n".utf8
            bytes += "Accept: \(TableGateway.accept)\r\nDataServiceVersion: 3.0\r\n".utf8
            for field in change.headers.fields { bytes += "\(field.name): \(field.value)\r\n".utf8 }
            if let body = change.body(stamp: stamp) {
                bytes += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n".utf8
                bytes += body
            } else {
                bytes += "\r\n".utf8
            }
            bytes += "\r\n".utf8
        }
        bytes += "--\(inner)--\r\n--\(outer)--\r\n".utf8
        return bytes
    }

    /// What the service says about a transaction.
    enum Answer: Sendable, Equatable {
        /// All changes were applied; the versions of what was written, nil for deletes.
        case applied([String?])
        /// Nothing was applied, because of this.
        case refused(status: Int, code: String)
    }

    /// Reads an answer to a transaction of `count` changes; nil for one that is none.
    static func answer(_ response: HTTPResponse, count: Int) -> Answer? {
        guard let outer = MultipartText.boundary(response.headers["Content-Type"]),
            let outerParts = MultipartText.parts(response.body[...], boundary: outer), outerParts.count == 1,
            let inner = MultipartText.boundary(outerParts[0].headers["Content-Type"]),
            let parts = MultipartText.parts(outerParts[0].body, boundary: inner), !parts.isEmpty
        else { return nil }
        var tags: [String?] = []
        for part in parts {
            guard let answer = MultipartText.response(part.body) else { return nil }
            if answer.status >= 400 { return .refused(status: answer.status, code: code(answer) ?? "") }
            tags.append(answer.headers["ETag"])
        }
        return tags.count == count ? .applied(tags) : nil
    }

    private static func code(_ answer: HTTPResponse) -> String? {
        guard case .document(let error)? = TableGateway.json(answer)?["odata.error"],
            case .string(let code)? = error["code"]
        else { return answer.headers["x-ms-error-code"] }
        return code
    }
}
