/// Counts what was expected and did not come, and says it at once.
struct Expectations {
    private(set) var count = 0
    private(set) var failures: [String] = []

    /// Expects a call to end with a code, and its answer to be as it should be.
    @discardableResult
    mutating func expect(
        _ sentence: String,
        _ result: Program.Result,
        code: Int32,
        _ holds: (JSON) -> Bool = { _ in true }
    ) -> JSON {
        let json = result.json
        let isRight = result.code == code && holds(json)
        note(sentence, isRight)
        if !isRight {
            print("      expected exit code \(code), got \(result.code)")
            for line in (result.output + result.errors).split(separator: "\n").suffix(8) { print("      \(line)") }
        }
        return json
    }

    /// Expects a condition.
    mutating func expect(_ sentence: String, _ holds: Bool, _ detail: @autoclosure () -> String = "") {
        note(sentence, holds)
        if !holds, !detail().isEmpty { print("      \(detail())") }
    }

    private mutating func note(_ sentence: String, _ isRight: Bool) {
        count += 1
        print("  \(isRight ? "ok " : "OFF")  \(sentence)")
        if !isRight { failures.append(sentence) }
    }
}
