/// A refusal of the service: status and substatus decide, the rest is for people.
package struct CosmosError: Error {
    package var status: Int
    package var substatus: Int?
    package var code: String
    package var message: String
    package var retryAfterMilliseconds: Int?
    /// The units that the refused request has cost.
    package var charge: Double?
    /// The plan of a query that the gateway does not serve.
    package var plan: JSON?

    package init(_ status: Int, _ code: String, _ message: String) { self.init(status, nil, code, message) }

    package init(_ status: Int, _ substatus: Int?, _ code: String, _ message: String) {
        self.status = status
        self.substatus = substatus
        self.code = code
        self.message = message
    }

    static func badRequest(_ message: String, _ substatus: Int? = nil) -> CosmosError {
        CosmosError(400, substatus, "BadRequest", message)
    }

    static let notFound = CosmosError(404, "NotFound", "Resource Not Found.")
    static let conflict = CosmosError(409, "Conflict", "Resource with specified id or name already exists.")
    static let preconditionFailed = CosmosError(
        412,
        "PreconditionFailed",
        "Operation cannot be performed because one of the specified precondition is not met."
    )
    static let methodNotAllowed = CosmosError(405, "MethodNotAllowed", "The requested verb is not supported.")
    static let notModified = CosmosError(304, "NotModified", "")
    static let keyMismatch = badRequest(
        "PartitionKey extracted from document doesn't match the one specified in the header.",
        1001
    )
    static let keyNeeded = badRequest("PartitionKey value must be supplied for this operation.")
    static let tooLarge = CosmosError(413, "RequestEntityTooLarge", "Request size is too large.")
    static let rangeGone = CosmosError(410, 1002, "Gone", "The requested partition key range is gone.")
    static let sessionNotAvailable = CosmosError(
        404,
        1002,
        "NotFound",
        "The read session is not available for the input session token."
    )
    static let controlPlane = CosmosError(
        403,
        5300,
        "Forbidden",
        "The given request cannot be authorized by AAD token in data plane."
    )
    static let unauthorized = CosmosError(
        401,
        "Unauthorized",
        "The input authorization token can't serve the request. Please check that the expected payload is built as per the "
            + "protocol, and check the key being used."
    )
    static let uniqueKeyTaken = CosmosError(409, 3301, "Conflict", "Unique index constraint violation.")
    static let recreated = badRequest("Collection rid in the request does not match that of the collection.", 1024)

    static func throttled(_ milliseconds: Int) -> CosmosError {
        var error = CosmosError(429, 3200, "TooManyRequests", "Request rate is large.")
        error.retryAfterMilliseconds = milliseconds
        return error
    }

    /// The same refusal, with what it has cost.
    func priced(_ charge: Double) -> CosmosError {
        var error = self
        error.charge = charge
        return error
    }

    /// The body that the gateway writes.
    var json: JSON {
        var json: JSON = [
            "code": .string(code),
            "message": .string("Message: {\"Errors\":[\"\(message)\"]}\r\nActivityId: \(randomIdentifier())"),
        ]
        if let plan { json["additionalErrorInfo"] = .string(plan.text) }
        return json
    }
}
