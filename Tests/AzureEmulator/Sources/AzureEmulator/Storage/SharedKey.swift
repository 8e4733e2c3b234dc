/// The strings that requests to Blob and Table are signed over.
package enum SharedKey {
    /// The string of the Blob service.
    package static func blob(_ request: Request, account: String) -> String {
        let slots = [
            "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
            "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
        ]
        var lines = [request.method]
        for slot in slots {
            var value = request.header(slot) ?? ""
            if slot == "Content-Length", value == "0" { value = "" }
            if slot == "Date", request.header("x-ms-date") != nil { value = "" }
            lines.append(value)
        }
        return lines.joined(separator: "\n") + "\n" + canonicalHeaders(request) + "/" + account + request.rawPath
            + canonicalQuery(request)
    }

    /// The string of the Table service under the scheme `SharedKey`.
    package static func table(_ request: Request, account: String) -> String {
        let lines = [
            request.method, request.header("Content-MD5") ?? "", request.header("Content-Type") ?? "", date(request),
        ]
        return lines.joined(separator: "\n") + "\n" + tableResource(request, account)
    }

    /// The string of the Table service under the scheme `SharedKeyLite`.
    package static func tableLite(_ request: Request, account: String) -> String {
        date(request) + "\n" + tableResource(request, account)
    }

    private static func date(_ request: Request) -> String {
        request.header("x-ms-date") ?? request.header("Date") ?? ""
    }

    private static func tableResource(_ request: Request, _ account: String) -> String {
        "/" + account + request.rawPath + (request.parameter("comp").map { "?comp=" + $0 } ?? "")
    }

    private static func canonicalHeaders(_ request: Request) -> String {
        var values: [String: [String]] = [:]
        for field in request.headers {
            let name = field.name.lowercased()
            if name.hasPrefix("x-ms-") { values[name, default: []].append(field.value.trimmed) }
        }
        return values.keys.sorted(by: precedes).map { name in
            name + ":" + (values[name] ?? []).joined(separator: ",") + "\n"
        }.joined()
    }

    private static func canonicalQuery(_ request: Request) -> String {
        var values: [String: [String]] = [:]
        for field in request.query { values[field.name.lowercased(), default: []].append(field.value) }
        return values.keys.sorted().map { name in
            "\n" + name + ":" + (values[name] ?? []).sorted().joined(separator: ",")
        }.joined()
    }

    /// The order of header names: by a culture's collation and not by bytes. An underscore comes before digits and digits
    /// before letters; hyphens count only between names that are otherwise the same, where the later one comes first.
    package static func precedes(_ left: String, _ right: String) -> Bool {
        func weights(_ name: String) -> [UInt8] {
            name.utf8.filter { $0 != 0x2D }.map { byte in
                switch byte {
                case 0x30...0x39: byte - 0x30 + 100
                case 0x61...0x7A: byte - 0x61 + 120
                default: byte == 0x5F ? 0 : 1 + byte % 64
                }
            }
        }
        let leftWeights = weights(left)
        let rightWeights = weights(right)
        if leftWeights != rightWeights { return leftWeights.lexicographicallyPrecedes(rightWeights) }
        for (leftByte, rightByte) in zip(left.utf8, right.utf8) where leftByte != rightByte {
            return rightByte == 0x2D
        }
        return left.utf8.count < right.utf8.count
    }
}
