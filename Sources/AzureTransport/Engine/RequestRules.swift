/// What a request must be before libcurl sees it: nothing in it can become a second header, a second request or a second host.
enum RequestRules {
    /// The fields that the transport writes itself.
    private static let reserved = ["content-length", "transfer-encoding", "host", "connection", "expect"]

    static func check(
        _ request: HTTPRequest,
        _ configuration: CurlTransport.Configuration
    ) throws(TransportError) {
        guard isToken(request.method.name) else { throw refusal(of: request, "The method is not a token.") }
        let url = request.url
        guard HTTPURL.isHost(url.host), url.port.map({ (1...65_535).contains($0) }) ?? true else {
            throw refusal(of: request, "The host or the port of the URL is malformed.")
        }
        let target = url.pathAndQuery
        guard target.utf8.first == UInt8(ascii: "/"), target.utf8.allSatisfy(HTTPURL.isAllowed) else {
            throw refusal(of: request, "The path or the query holds a character that must be encoded.")
        }
        var headBytes = request.method.name.utf8.count + target.utf8.count + url.host.utf8.count
        for field in request.headers.fields {
            guard isToken(field.name) else { throw refusal(of: request, "The name of a header field is not a token.") }
            guard field.value.utf8.allSatisfy(isFieldContent) else {
                throw refusal(of: request, "The value of '\(field.name)' holds a control character.")
            }
            guard !reserved.contains(where: { HTTPHeaders.isSame($0, field.name) }) else {
                throw refusal(of: request, "'\(field.name)' is written by the transport and cannot be set.")
            }
            headBytes += field.name.utf8.count + field.value.utf8.count + 4
        }
        guard headBytes <= configuration.maximumHeadBytes else {
            throw tooLarge(request, "The URL and the header fields", configuration.maximumHeadBytes)
        }
        guard request.body.length >= 0 else { throw refusal(of: request, "The length of the body is negative.") }
        guard request.body.length <= configuration.maximumRequestBytes else {
            throw tooLarge(request, "The body of the request", configuration.maximumRequestBytes)
        }
        if request.method == .head, case .none = request.body {
        } else if request.method == .head {
            throw refusal(of: request, "A HEAD request has no body.")
        }
    }

    static func refusal(of request: HTTPRequest, _ message: String) -> TransportError {
        TransportError(.invalidRequest, message, host: request.url.host, requestMayHaveArrived: false)
    }

    private static func tooLarge(_ request: HTTPRequest, _ what: String, _ maximum: Int) -> TransportError {
        TransportError(
            .tooLarge,
            "\(what) may have \(maximum) bytes and no more.",
            host: request.url.host,
            requestMayHaveArrived: false
        )
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "^")...UInt8(ascii: "`"),
                    UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }

    /// Everything but controls; a tab may stand inside.
    private static func isFieldContent(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }
}
