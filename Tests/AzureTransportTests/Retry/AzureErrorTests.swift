import CutoverAzureTransport
import MigrationCore
import Testing

@Suite("A failure becomes an error of a store")
struct AzureErrorTests {
    @Test(
        "a refusal has the code that says what to do",
        arguments: [
            (AzureService.cosmos, 400, 1001, nil, StoreError.Code.invalidKey), (.cosmos, 400, 1004, nil, .unsupported),
            (.cosmos, 400, 1024, nil, .collectionMismatch), (.cosmos, 400, 0, nil, .invalidArgument),
            (.cosmos, 401, 0, nil, .unauthenticated), (.cosmos, 403, 5300, nil, .notPermitted),
            (.cosmos, 403, 1014, nil, .diskFull), (.cosmos, 404, 0, nil, .collectionNotFound),
            (.cosmos, 409, 0, nil, .versionConflict), (.cosmos, 412, 0, nil, .versionConflict),
            (.cosmos, 413, 0, nil, .documentTooLarge), (.blob, 403, 0, "AuthenticationFailed", .unauthenticated),
            (.blob, 403, 0, "AuthorizationPermissionMismatch", .notPermitted),
            (.blob, 416, 0, "InvalidRange", .invalidArgument),
            (.blob, 501, 0, nil, .unsupported),
        ] as [(AzureService, Int, Int, String?, StoreError.Code)]
    )
    func refusal(service: AzureService, status: Int, substatus: Int, code: String?, expected: StoreError.Code) {
        var error = AzureError(.refused, service: service)
        error.facts = AnswerFacts(status: status, substatus: substatus, errorCode: code)
        #expect(error.storeError().code == expected)
        #expect(error.storeError().message.hasSuffix("."))
    }

    @Test("what was used up keeps its kind, and throttling says until when")
    func exhausted() {
        let codes: [(Trouble.Kind, StoreError.Code)] = [
            (.throttled, .throttled), (.busy, .busy), (.timeout, .timeout), (.unavailable, .unavailable),
        ]
        for (kind, code) in codes {
            var error = AzureError(.exhausted(kind), service: .cosmos)
            error.retryAfter = .seconds(3)
            #expect(error.storeError().code == code)
            #expect(error.storeError().context.retryAfter == (kind == .throttled ? .seconds(3) : nil))
        }
    }

    @Test("the text shows status, codes and the request's id, and nothing of the body")
    func text() {
        var error = AzureError(.refused, service: .cosmos)
        error.facts = AnswerFacts(status: 401, errorCode: "Unauthorized")
        error.answer = HTTPResponse(
            status: 401,
            headers: ["x-ms-activity-id": "4d2f"],
            body: Array("The expected payload to sign is 'get dbs secret'".utf8)
        )
        error.attempts = 2
        #expect(error.description == "AzureError.refused from cosmos (status: 401, code: Unauthorized, attempts: 2)")
        var dumped = ""
        dump(error, to: &dumped)
        for text in [
            String(reflecting: error), "\(error.storeError())", String(reflecting: error.storeError()), dumped,
        ] {
            #expect(!text.contains("secret"))
        }
        #expect(String(reflecting: error).contains("4d2f"))
    }
}
