/// One request of one attempt, complete and signed: the transport adds nothing but `Host`, `Content-Length` and framing.
///
/// A retry makes a new one, because each attempt is signed anew.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    package var url: HTTPURL
    /// Sent as they are. `Content-Length`, `Transfer-Encoding`, `Host`, `Connection` and `Expect` belong to the transport and are refused.
    package var headers: HTTPHeaders
    package var body: HTTPBody
    package var timeouts: HTTPTimeouts
    /// When the operation that this attempt serves gives up; it outlives retries. The earlier of this and `timeouts.total` counts.
    package var deadline: ContinuousClock.Instant? {
        get { end?.instant }
        set { end = newValue.map(TransportTime.init) }
    }
    private(set) var end: TransportTime?
    /// The most bytes of a collected answer; nil means the transport's limit. A longer one fails with `tooLarge`.
    package var maximumResponseBytes: Int?

    package init(
        method: HTTPMethod,
        url: HTTPURL,
        headers: HTTPHeaders = [:],
        body: HTTPBody = .none,
        timeouts: HTTPTimeouts = HTTPTimeouts(),
        deadline: ContinuousClock.Instant? = nil,
        maximumResponseBytes: Int? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.end = deadline.map(TransportTime.init)
        self.maximumResponseBytes = maximumResponseBytes
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(method) \(url) \(headers), \(body)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror {
        Mirror(self, children: ["method": method, "url": url, "headers": headers, "body": body])
    }
}
