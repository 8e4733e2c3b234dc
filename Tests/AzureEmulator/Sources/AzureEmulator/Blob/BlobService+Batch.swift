/// Many deletions or changes of tier in one request; each part is signed and answered on its own.
extension BlobService {
    func batch(_ call: BlobCall, _ grant: StorageGrant) throws(StorageError) -> Response {
        let request = call.request
        let invalid = StorageError(400, "InvalidInput", "One of the request inputs is not valid.")
        guard request.body.count <= 4 << 20 else {
            throw StorageError(
                413,
                "RequestBodyTooLarge",
                "The request body is too large and exceeds the maximum permissible limit."
            )
        }
        guard let boundary = Multipart.boundary(request.header("Content-Type")),
            let parts = Multipart.parts(request.body, boundary: boundary), !parts.isEmpty
        else { throw invalid }
        if parts.count > 256, rules.holds("blob.batch-limit") { throw invalid }
        let outer = "batchresponse_" + randomIdentifier()
        var body = ""
        for part in parts {
            guard let inner = Multipart.request(part, isSecure: request.isSecure) else { throw invalid }
            let isTier = inner.method == "PUT" && inner.parameter("comp")?.lowercased() == "tier"
            guard inner.method == "DELETE" || isTier else { throw invalid }
            let response = answer(inherit(inner, from: request), isPart: true)
            body += "--\(outer)\r\nContent-Type: application/http\r\n"
            if let identifier = part.header("Content-ID") { body += "Content-ID: \(identifier)\r\n" }
            body += "\r\n" + Multipart.write(response) + "\r\n"
        }
        body += "--\(outer)--"
        return Response(202, headers: [Field("Content-Type", "multipart/mixed; boundary=\(outer)")], text: body)
    }

    /// A part that brings no signature of its own stands under the shared access signature or the token of the whole; one with a
    /// token names no version and is read in that of the whole.
    private func inherit(_ part: Request, from whole: Request) -> Request {
        var part = part
        let own = part.header("Authorization")
        guard own?.hasPrefix("Bearer ") ?? true, part.parameter("sig") == nil else { return part }
        if let authorization = own ?? whole.header("Authorization"), authorization.hasPrefix("Bearer ") {
            if own == nil { part.headers.append(Field("Authorization", authorization)) }
            if part.header("x-ms-version") == nil, let version = whole.header("x-ms-version") {
                part.headers.append(Field("x-ms-version", version))
            }
        } else if whole.parameter("sig") != nil {
            part.query += whole.query.filter { $0.name != "comp" && $0.name != "restype" }
        }
        return part
    }
}
