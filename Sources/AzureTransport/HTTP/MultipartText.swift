/// Reads `multipart/mixed` bodies and the HTTP answers in their parts.
package enum MultipartText {
    package struct Part: Sendable {
        package var headers: HTTPHeaders
        package var body: ArraySlice<UInt8>
    }

    /// The boundary that a content type names.
    package static func boundary(_ contentType: String?) -> String? {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/mixed") else { return nil }
        for parameter in contentType.split(separator: ";").dropFirst() {
            guard let equals = parameter.firstIndex(of: "=") else { continue }
            let name = parameter[..<equals].filter { $0 != " " }.lowercased()
            var value = parameter[parameter.index(after: equals)...]
            if value.first == "\"", value.last == "\"", value.utf8.count >= 2 { value = value.dropFirst().dropLast() }
            if name == "boundary", !value.isEmpty { return String(value) }
        }
        return nil
    }

    /// The parts between the boundaries; nil when a boundary is missing or a head is malformed.
    package static func parts(_ bytes: ArraySlice<UInt8>, boundary: String) -> [Part]? {
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        guard var rest = bytes.firstRange(of: delimiter).map({ bytes[$0.upperBound...] }) else { return nil }
        while !rest.starts(with: "--".utf8) {
            guard let lineEnd = rest.firstRange(of: [13, 10]),
                let next = rest[lineEnd.upperBound...].firstRange(of: [13, 10] + delimiter),
                let part = Self.part(rest[lineEnd.upperBound..<next.lowerBound])
            else { return nil }
            parts.append(part)
            rest = rest[next.upperBound...]
        }
        return parts
    }

    /// The HTTP answer that a part holds.
    package static func response(_ bytes: ArraySlice<UInt8>) -> HTTPResponse? {
        guard let lineEnd = bytes.firstRange(of: [13, 10]) else { return nil }
        let line = String(decoding: bytes[..<lineEnd.lowerBound], as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard line.count >= 2, line[0].hasPrefix("HTTP/1."), let status = Int(line[1]), (100...599).contains(status),
            let part = Self.part(bytes[lineEnd.upperBound...])
        else { return nil }
        return HTTPResponse(status: status, headers: part.headers, body: Array(part.body))
    }

    /// Header fields, an empty line, and the rest. Without an empty line everything is a head.
    private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
        var headers = HTTPHeaders()
        var rest = bytes
        while !rest.isEmpty {
            let end = rest.firstRange(of: [13, 10])
            let line = rest[..<(end?.lowerBound ?? rest.endIndex)]
            rest = rest[(end?.upperBound ?? rest.endIndex)...]
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            headers.add(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return Part(headers: headers, body: rest)
    }
}
