internal import CutoverAzureTransport

/// Many removals in one request, each of which is signed and answered on its own.
enum RemovalBatch {
    /// The service's limit.
    static let maximumCount = 256

    /// Writes the body.
    ///
    /// - Parameter requests: signed, in the order in which their answers are numbered.
    static func body(_ requests: [HTTPRequest], boundary: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, request) in requests.enumerated() {
            bytes += "--\(boundary)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n".utf8
            bytes += "Content-ID: \(index)\r\n\r\n".utf8
            bytes += "\(request.method.name) \(request.url.pathAndQuery) HTTP/1.1\r\n".utf8
            for field in request.headers.fields { bytes += "\(field.name): \(field.value)\r\n".utf8 }
            bytes += "Content-Length: 0\r\n\r\n".utf8
        }
        bytes += "--\(boundary)--\r\n".utf8
        return bytes
    }

    /// What the service says.
    enum Answer: Sendable {
        /// One answer for each request; nil where it is missing.
        case parts([HTTPResponse?])
        /// It has not looked at the requests at all, because of this.
        case refused(HTTPResponse)
    }

    /// Reads an answer to `count` requests; nil for one that is none.
    static func answer(_ response: HTTPResponse, count: Int) -> Answer? {
        guard let boundary = MultipartText.boundary(response.headers["Content-Type"]),
            let parts = MultipartText.parts(response.body[...], boundary: boundary), !parts.isEmpty
        else { return nil }
        var answers = [HTTPResponse?](repeating: nil, count: count)
        for part in parts {
            guard let answer = MultipartText.response(part.body) else { return nil }
            guard let identifier = part.headers["Content-ID"] else {
                // Without a number it is about the whole.
                return parts.count == 1 && answer.status >= 400 ? .refused(answer) : nil
            }
            guard let index = Int(identifier), answers.indices.contains(index), answers[index] == nil else {
                return nil
            }
            answers[index] = answer
        }
        return .parts(answers)
    }
}
