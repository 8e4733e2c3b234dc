/// One call of an adapter: a request that is not signed yet, and what the pipeline must know to repeat it.
package struct AzureCall: Sendable {
    /// What it is, such as `read_item`; from a closed set of the adapter, because metrics and estimates are kept by it.
    package var operation: String
    /// The request without date and authorization.
    package var request: HTTPRequest
    /// What a repetition does.
    package var effect: RequestEffect
    /// Statuses beside 200 to 299 that the caller takes as answers, such as 404 for a read or 412 for a condition.
    package var answers: Set<Int>
    /// How long the call may take with all attempts, where that is less than the policy says.
    package var deadline: Duration?
    /// What the call will cost about, in request units.
    package var expectedCharge: Double?
    /// How many operations the request holds: what one will cost is learned for each of them.
    package var operations = 1
    /// Corrects the request after a redirection, for instance by reading the account or the ranges again. True sends it again.
    package var followRedirect: (@Sendable (AzureRedirect, inout HTTPRequest) async throws(AzureError) -> Bool)?

    package init(
        _ operation: String,
        _ request: HTTPRequest,
        effect: RequestEffect,
        answers: Set<Int> = [],
        deadline: Duration? = nil,
        expectedCharge: Double? = nil,
        followRedirect: (@Sendable (AzureRedirect, inout HTTPRequest) async throws(AzureError) -> Bool)? = nil
    ) {
        self.operation = operation
        self.request = request
        self.effect = effect
        self.answers = answers
        self.deadline = deadline
        self.expectedCharge = expectedCharge
        self.followRedirect = followRedirect
    }

    func isAnswer(_ status: Int) -> Bool { (200..<300).contains(status) || answers.contains(status) }
}

/// An answer that the caller asked for, and what it took to get it.
package struct AzureAnswer<Response: Sendable>: Sendable {
    package let response: Response
    /// The facts of the last attempt.
    package let facts: AnswerFacts
    /// How many attempts were made, the last one included.
    package let attempts: Int
    /// What all attempts cost together, in request units.
    package let charge: Double
    /// Whether an earlier attempt of this write may have been applied: then a refusal by its own condition may be its own success.
    package let mayHaveBeenApplied: Bool
}
