package import MigrationCore

/// What an answer says about success, as far as retries decide on it: never its text.
package struct AnswerFacts: Sendable, Hashable {
    package var status: Int
    /// `x-ms-substatus` of Cosmos DB.
    package var substatus: Int?
    /// `x-ms-error-code` of Storage, or the code of the error's body.
    package var errorCode: String?
    /// How long the server asks to wait.
    package var retryAfter: Duration?
    /// What the attempt cost in request units.
    package var charge: Double

    package init(
        status: Int,
        substatus: Int? = nil,
        errorCode: String? = nil,
        retryAfter: Duration? = nil,
        charge: Double = 0
    ) {
        self.status = status
        self.substatus = substatus
        self.errorCode = errorCode
        self.retryAfter = retryAfter
        self.charge = charge
    }

    /// Reads the facts of an answer; the body is only looked at for a failure that its fields do not name.
    ///
    /// - Parameter now: for a `Retry-After` that is a date.
    package init(_ response: HTTPResponse, now: WallTime) {
        let headers = response.headers
        status = response.status
        substatus = headers["x-ms-substatus"].flatMap { Int($0) }
        errorCode = headers["x-ms-error-code"]
        if errorCode == nil, status >= 400 { errorCode = ErrorBody.code(in: response.body) }
        retryAfter = Self.retryAfter(headers, now: now)
        charge = headers["x-ms-request-charge"].flatMap { Double($0) }.flatMap { $0.isFinite && $0 > 0 ? $0 : nil } ?? 0
    }

    /// `x-ms-retry-after-ms`, else `Retry-After` in seconds or as a date.
    private static func retryAfter(_ headers: HTTPHeaders, now: WallTime) -> Duration? {
        for name in ["x-ms-retry-after-ms", "retry-after-ms"] {
            if let text = headers[name], let milliseconds = Double(text), (0...Self.longestWait).contains(milliseconds)
            {
                return .milliseconds(milliseconds)
            }
        }
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Double(text), (0...Self.longestWait / 1_000).contains(seconds) { return .seconds(seconds) }
        return WallTime(httpDate: text).map { max(.zero, now.duration(to: $0)) }
    }

    /// A day in milliseconds: a longer wait is no number to calculate with, and longer than any deadline.
    private static let longestWait = 86_400_000.0
}
