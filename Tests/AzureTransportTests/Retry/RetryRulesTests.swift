import CutoverAzureTransport
import MigrationCore
import Testing

/// One row of a table: what a service answers, and what that means.
struct Row: Sendable, CustomTestStringConvertible {
    let service: AzureService
    let status: Int
    var substatus: Int?
    var code: String?
    let verdict: Verdict

    var testDescription: String {
        "\(service) \(status)\(substatus.map { "/\($0)" } ?? "")\(code.map { " \($0)" } ?? "")"
    }
}

@Suite("What an answer means, by the table of its service")
struct RetryRulesTests {
    static let cosmos: [Row] = [
        Row(service: .cosmos, status: 200, verdict: .final),
        Row(service: .cosmos, status: 304, verdict: .final),
        Row(service: .cosmos, status: 400, substatus: 1001, verdict: .final),
        Row(service: .cosmos, status: 400, substatus: 1004, verdict: .final),
        Row(service: .cosmos, status: 400, substatus: 1024, verdict: .final),
        Row(service: .cosmos, status: 401, verdict: .credentialRefused),
        Row(service: .cosmos, status: 403, substatus: 5300, verdict: .final),
        Row(service: .cosmos, status: 403, substatus: 1014, verdict: .final),
        Row(service: .cosmos, status: 404, verdict: .final),
        Row(service: .cosmos, status: 404, substatus: 1003, verdict: .final),
        Row(service: .cosmos, status: 409, verdict: .final),
        Row(service: .cosmos, status: 409, substatus: 3301, verdict: .final),
        Row(service: .cosmos, status: 412, verdict: .final),
        Row(service: .cosmos, status: 413, verdict: .final),
    ]

    static let cosmosUnconfirmed: [Row] = [
        Row(
            service: .cosmos,
            status: 429,
            substatus: 3200,
            verdict: .again(Trouble(.throttled, initialBackoff: .milliseconds(100)))
        ),
        Row(service: .cosmos, status: 429, substatus: 3092, verdict: .redirect(.otherRegion, Trouble(.throttled))),
        Row(service: .cosmos, status: 449, verdict: .again(Trouble(.busy, initialBackoff: .milliseconds(10)))),
        Row(
            service: .cosmos,
            status: 410,
            substatus: 1002,
            verdict: .redirect(.partitionRanges, Trouble(.unavailable))
        ),
        Row(
            service: .cosmos,
            status: 410,
            substatus: 1007,
            verdict: .redirect(.partitionRanges, Trouble(.busy, initialBackoff: .seconds(1)))
        ),
        Row(
            service: .cosmos,
            status: 410,
            substatus: 1008,
            verdict: .redirect(.partitionRanges, Trouble(.busy, initialBackoff: .seconds(1)))
        ),
        Row(
            service: .cosmos,
            status: 410,
            substatus: 1000,
            verdict: .redirect(.partitionRanges, Trouble(.busy, initialBackoff: .seconds(1)))
        ),
        Row(
            service: .cosmos,
            status: 410,
            verdict: .redirect(.partitionRanges, Trouble(.busy, initialBackoff: .seconds(1)))
        ),
        Row(service: .cosmos, status: 408, verdict: .again(Trouble(.timeout, mayBeApplied: true))),
        Row(service: .cosmos, status: 500, verdict: .again(Trouble(.unavailable, mayBeApplied: true))),
        Row(service: .cosmos, status: 502, verdict: .again(Trouble(.unavailable, mayBeApplied: true))),
        Row(service: .cosmos, status: 504, verdict: .again(Trouble(.unavailable, mayBeApplied: true))),
        Row(service: .cosmos, status: 503, verdict: .again(Trouble(.unavailable, initialBackoff: .milliseconds(500)))),
        Row(service: .cosmos, status: 404, substatus: 1002, verdict: .redirect(.sessionRegion, Trouble(.unavailable))),
        Row(
            service: .cosmos,
            status: 403,
            substatus: 3,
            verdict: .redirect(.writeRegion, Trouble(.unavailable, initialBackoff: .seconds(1)))
        ),
        Row(
            service: .cosmos,
            status: 403,
            substatus: 1008,
            verdict: .redirect(.writeRegion, Trouble(.unavailable, initialBackoff: .seconds(1)))
        ),
    ]

    static let storage: [Row] = [AzureService.blob, .table].flatMap { service in
        [
            Row(service: service, status: 201, verdict: .final),
            Row(service: service, status: 304, verdict: .final),
            Row(service: service, status: 403, code: "AuthenticationFailed", verdict: .final),
            Row(service: service, status: 404, code: "BlobNotFound", verdict: .final),
            Row(service: service, status: 409, code: "BlobAlreadyExists", verdict: .final),
            Row(service: service, status: 412, code: "ConditionNotMet", verdict: .final),
            Row(service: service, status: 416, code: "InvalidRange", verdict: .final),
        ]
    }

    static let storageUnconfirmed: [Row] = [AzureService.blob, .table].flatMap { service in
        [
            Row(service: service, status: 503, code: "ServerBusy", verdict: .again(Trouble(.throttled))),
            Row(service: service, status: 429, verdict: .again(Trouble(.throttled))),
            Row(service: service, status: 408, verdict: .again(Trouble(.timeout, mayBeApplied: true))),
            Row(
                service: service,
                status: 500,
                code: "OperationTimedOut",
                verdict: .again(Trouble(.timeout, mayBeApplied: true))
            ),
            Row(
                service: service,
                status: 500,
                code: "InternalError",
                verdict: .again(Trouble(.unavailable, mayBeApplied: true))
            ),
            Row(service: service, status: 503, verdict: .again(Trouble(.unavailable, mayBeApplied: true))),
            Row(service: service, status: 501, verdict: .final),
            Row(service: service, status: 505, verdict: .final),
            Row(service: service, status: 401, verdict: .credentialRefused),
            Row(service: service, status: 409, code: "ContainerBeingDeleted", verdict: .final),
        ]
    }

    static let identity: [Row] = [
        Row(service: .entra, status: 200, verdict: .final),
        Row(service: .entra, status: 400, code: "invalid_grant", verdict: .final),
        Row(service: .entra, status: 401, code: "invalid_client", verdict: .final),
        Row(service: .entra, status: 429, verdict: .again(Trouble(.throttled))),
        Row(service: .entra, status: 503, verdict: .again(Trouble(.unavailable))),
        Row(service: .metadata, status: 400, verdict: .final),
        Row(service: .metadata, status: 403, verdict: .final),
        Row(service: .metadata, status: 404, verdict: .again(Trouble(.unavailable))),
        Row(service: .metadata, status: 410, verdict: .again(Trouble(.unavailable, initialBackoff: .seconds(5)))),
        Row(service: .metadata, status: 429, verdict: .again(Trouble(.throttled))),
        Row(service: .metadata, status: 500, verdict: .again(Trouble(.unavailable))),
        Row(service: .metadata, status: 501, verdict: .final),
    ]

    @Test("a recorded answer means what its table says", arguments: cosmos + storage)
    func recorded(row: Row) { check(row) }

    @Test(
        "a documented answer means what its table says (unconfirmed)",
        arguments: cosmosUnconfirmed + storageUnconfirmed + identity
    )
    func documented(row: Row) { check(row) }

    private func check(_ row: Row) {
        let facts = AnswerFacts(status: row.status, substatus: row.substatus, errorCode: row.code)
        #expect(RetryRules.verdict(facts, from: row.service) == row.verdict)
    }

    @Test("the facts are read from fields, and the code from a body only when no field has it")
    func facts() {
        let now = WallTime(millisecondsSinceEpoch: 0)
        func facts(_ headers: HTTPHeaders, _ body: String = "", status: Int = 400) -> AnswerFacts {
            AnswerFacts(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)), now: now)
        }
        let throttled = facts(
            ["x-ms-substatus": "3200", "x-ms-retry-after-ms": "17", "x-ms-request-charge": "1.25"],
            status: 429
        )
        #expect(throttled.substatus == 3200)
        #expect(throttled.retryAfter == .milliseconds(17))
        #expect(throttled.charge == 1.25)
        #expect(facts(["Retry-After": "3"]).retryAfter == .seconds(3))
        #expect(facts(["Retry-After": "Thu, 01 Jan 1970 00:00:09 GMT"]).retryAfter == .seconds(9))
        #expect(facts(["Retry-After": "Thu, 01 Jan 1960 00:00:09 GMT"]).retryAfter == .zero)
        for bad in ["-1", "nan", "1e300", "soon", ""] {
            #expect(facts(["x-ms-retry-after-ms": bad, "x-ms-request-charge": bad]).retryAfter == nil)
        }
        #expect(facts(["x-ms-request-charge": "-4"]).charge == 0)
        #expect(facts(["x-ms-request-charge": "inf"]).charge == 0)
        #expect(facts(["x-ms-error-code": "A"], #"{"code":"B"}"#).errorCode == "A")
        #expect(facts([:], #"{"code":"NotFound","message":"Message: {\"Errors\":[]}"}"#).errorCode == "NotFound")
        #expect(
            facts([:], #"{"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"2:x"}}}"#)
                .errorCode
                == "EntityAlreadyExists"
        )
        #expect(
            facts([:], #"{"error":"invalid_client","error_description":"AADSTS7000215: x"}"#).errorCode
                == "invalid_client"
        )
        #expect(
            facts(
                [:],
                "\u{FEFF}<?xml version=\"1.0\"?><Error><X/><Code>BlobAlreadyExists</Code><Message>m</Message></Error>"
            ).errorCode
                == "BlobAlreadyExists"
        )
        for body in ["", "<html>", "{", "[1]", #"{"code":5}"#, #"{"code":"with spaces"}"#, "<Error></Error>", "plain"] {
            #expect(facts([:], body).errorCode == nil)
        }
        #expect(facts([:], #"{"code":"NotFound"}"#, status: 200).errorCode == nil)
    }
}
