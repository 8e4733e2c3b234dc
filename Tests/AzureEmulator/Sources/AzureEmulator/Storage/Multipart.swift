/// Bodies of several parts, each an HTTP request or answer: the batches of Blob and Table.
enum Multipart {
    /// A part: its own headers and what it carries.
    struct Part {
        var headers: [Field]
        var body: [UInt8]

        func header(_ name: String) -> String? { headers.first { $0.name.equalsIgnoringCase(name) }?.value }
    }

    /// The boundary that a content type names.
    static func boundary(_ contentType: String?) -> String? {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/mixed"),
            let found = contentType.firstRange(of: "boundary=")
        else { return nil }
        let value = contentType[found.upperBound...].prefix { $0 != ";" }.trimmed
        return value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : value
    }

    /// The parts between the boundaries; nil if there is no end. Lines end with CR LF or with LF alone.
    static func parts(_ body: [UInt8], boundary: String) -> [Part]? {
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        var start: Int?
        var index = 0
        while index < body.count {
            let end = body[index...].firstIndex(of: 0x0A) ?? body.count
            var line = body[index..<end]
            if line.last == 0x0D { line = line.dropLast() }
            if line.starts(with: delimiter) {
                let rest = line.dropFirst(delimiter.count)
                let isLast = rest.starts(with: [0x2D, 0x2D])
                if isLast || rest.allSatisfy({ $0 == 0x20 }) {
                    if let start { parts.append(part(body[start..<index])) }
                    if isLast { return parts }
                    start = end + 1
                }
            }
            index = end + 1
        }
        return nil
    }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Part {
        // The line end before the boundary belongs to the boundary.
        var bytes = bytes
        if bytes.last == 0x0A { bytes = bytes.dropLast() }
        if bytes.last == 0x0D { bytes = bytes.dropLast() }
        let (headers, body) = split(bytes)
        return Part(headers: headers, body: Array(body))
    }

    /// Headers up to the first empty line, and the rest.
    private static func split(_ bytes: ArraySlice<UInt8>) -> ([Field], ArraySlice<UInt8>) {
        var headers: [Field] = []
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).trimmed
            rest = rest[min(end + 1, rest.endIndex)...]
            if line.isEmpty { break }
            if let colon = line.firstIndex(of: ":") {
                headers.append(Field(line[..<colon].trimmed, line[line.index(after: colon)...].trimmed))
            }
        }
        return (headers, rest)
    }

    /// The request that a part of type `application/http` carries.
    static func request(_ part: Part, isSecure: Bool) -> Request? {
        let end = part.body.firstIndex(of: 0x0A) ?? part.body.count
        let line = String(decoding: part.body[..<end], as: UTF8.self).trimmed.split(separator: " ").map(String.init)
        guard line.count == 3, line[2].hasPrefix("HTTP/") else { return nil }
        let (headers, body) = split(part.body[min(end + 1, part.body.count)...])
        var bytes = Array(body)
        if let length = headers.first(where: { $0.name.equalsIgnoringCase("Content-Length") }).flatMap({ Int($0.value) }
        ) {
            bytes = Array(bytes.prefix(length))
        }
        return Request(method: line[0], target: line[1], headers: headers, body: bytes, isSecure: isSecure)
    }

    /// An answer as a part carries it.
    static func write(_ response: Response) -> String {
        var text = "HTTP/1.1 \(response.status) \(reason(response.status))\r\n"
        for field in response.headers { text += "\(field.name): \(field.value)\r\n" }
        return text + "\r\n" + String(decoding: response.body, as: UTF8.self)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Request Entity Too Large"
        default: "Status"
        }
    }
}
