/// What Blob and Table refuse a request with: a status and a code that clients decide on.
struct StorageError: Error {
    var status: Int
    var code: String
    var message: String
    var headers: [Field] = []

    init(_ status: Int, _ code: String, _ message: String, headers: [Field] = []) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    static let authenticationFailed = StorageError(
        403,
        "AuthenticationFailed",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
            + "including the signature."
    )
    static let noPermission = StorageError(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission."
    )
    static let wrongService = StorageError(
        403,
        "AuthorizationServiceMismatch",
        "This request is not authorized to perform this operation using this service."
    )
    static let wrongResourceType = StorageError(
        403,
        "AuthorizationResourceTypeMismatch",
        "This request is not authorized to perform this operation using this resource type."
    )
    static let wrongProtocol = StorageError(
        403,
        "AuthorizationProtocolMismatch",
        "This request is not authorized to perform this operation using this protocol."
    )
    static let unsupportedVerb = StorageError(
        405,
        "UnsupportedHttpVerb",
        "The resource doesn't support the specified HTTP verb."
    )

    static func invalidHeader(_ name: String) -> StorageError {
        StorageError(
            400,
            "InvalidHeaderValue",
            "The value for one of the HTTP headers is not in the correct format: \(name)."
        )
    }

    static func missingHeader(_ name: String) -> StorageError {
        StorageError(
            400,
            "MissingRequiredHeader",
            "An HTTP header that's mandatory for this request is not specified: \(name)."
        )
    }

    static func invalidQuery(_ name: String) -> StorageError {
        StorageError(
            400,
            "InvalidQueryParameterValue",
            "Value for one of the query parameters specified in the request URI is invalid: \(name)."
        )
    }

    /// What the emulator does not know is refused as a whole, and never taken for something else.
    static func unsupportedQuery(_ name: String) -> StorageError {
        StorageError(
            400,
            "UnsupportedQueryParameter",
            "One of the query parameters specified in the request URI isn't supported: \(name)."
        )
    }

    static func unsupportedHeader(_ name: String) -> StorageError {
        StorageError(
            400,
            "UnsupportedHeader",
            "One of the headers specified in the request isn't supported: \(name)."
        )
    }
}

/// The versions of the protocol that the emulator speaks. The list of the later ones is `unconfirmed`.
enum StorageVersion {
    static let known: Set<String> = [
        "2009-09-19", "2011-08-18", "2012-02-12", "2013-08-15", "2014-02-14", "2015-02-21", "2015-04-05", "2015-07-08",
        "2015-12-11", "2016-05-31", "2017-04-17", "2017-07-29", "2017-11-09", "2018-03-28", "2018-11-09", "2019-02-02",
        "2019-07-07", "2019-10-10", "2019-12-12", "2020-02-10", "2020-04-08", "2020-06-12", "2020-08-04", "2020-10-02",
        "2020-12-06", "2021-02-12", "2021-04-10", "2021-06-08", "2021-08-06", "2021-10-04", "2021-12-02", "2022-11-02",
        "2023-01-03", "2023-05-03", "2023-08-03", "2023-11-03", "2024-02-04", "2024-05-04", "2024-08-04", "2024-11-04",
        "2025-01-05", "2025-05-05", "2025-07-05", "2025-11-05", "2026-02-06", "2026-04-06", "2026-06-06", "2026-10-06",
    ]
}
