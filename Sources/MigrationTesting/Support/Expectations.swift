internal import MigrationCore

/// What a behaviour found wrong; the suite completes it with its name and seed.
struct Mismatch: Error {
    let expectation: String
    let observed: String
    var history: [String] = []
}

func expect(
    _ condition: Bool,
    _ expectation: @autoclosure () -> String,
    seen: @autoclosure () -> String = "the opposite"
) throws {
    guard condition else { throw Mismatch(expectation: expectation(), observed: seen()) }
}

func expectEqual<T: Equatable>(
    _ observed: T,
    _ expected: T,
    _ what: @autoclosure () -> String
) throws {
    guard observed == expected else {
        throw Mismatch(expectation: "\(what()) is \(brief(expected))", observed: brief(observed))
    }
}

func expectNotNil<T>(_ value: T?, _ what: @autoclosure () -> String) throws -> T {
    guard let value else { throw Mismatch(expectation: what(), observed: "nil") }
    return value
}

/// Runs a call that must throw one of these codes.
@discardableResult
func expectError<Result>(
    _ codes: StoreError.Code...,
    from what: @autoclosure () -> String,
    _ call: () async throws -> Result
) async throws -> StoreError {
    let wanted = codes.map(\.description).joined(separator: " or ")
    do {
        let result = try await call()
        throw Mismatch(expectation: "\(what()) throws \(wanted)", observed: "no error, but \(brief(result))")
    } catch let error as StoreError {
        guard codes.contains(error.code) else {
            throw Mismatch(expectation: "\(what()) throws \(wanted)", observed: error.debugDescription)
        }
        guard !error.message.isEmpty else {
            throw Mismatch(
                expectation: "\(what()) throws \(wanted) with a message that says what to do",
                observed: "none"
            )
        }
        return error
    }
}

/// A value as text, cut where it gets too long to read.
func brief(_ value: Any) -> String {
    let text = String(describing: value)
    return text.count <= 400 ? text : "\(text.prefix(400))... (\(text.count) characters)"
}

/// Runs `body`, and fails when it takes longer than `limit`.
func within<Result: Sendable>(
    _ limit: Duration,
    _ what: String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw Mismatch(expectation: "\(what) within \(limit)", observed: "it still waits")
        }
        return result
    }
}

extension Error {
    /// The code, when it is a `StoreError`.
    var storeCode: StoreError.Code? { (self as? StoreError)?.code }
}
