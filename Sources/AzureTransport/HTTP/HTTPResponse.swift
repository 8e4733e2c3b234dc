/// A complete answer. Every status is an answer; only what kept one from arriving is an error.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The head of an answer whose body is pulled.
package struct HTTPStreamedResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: HTTPBodyStream

    package init(status: Int, headers: HTTPHeaders, body: HTTPBodyStream) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension HTTPResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(status) \(headers), \(body.count) bytes" }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(self, children: ["status": status, "headers": headers, "bytes": body.count])
    }
}

extension HTTPStreamedResponse: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(status) \(headers), a stream" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["status": status, "headers": headers]) }
}
