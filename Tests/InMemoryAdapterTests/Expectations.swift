import MigrationCore
import Testing

/// Expects an error with this code and nothing else.
func expect(
    _ code: StoreError.Code,
    at location: SourceLocation = #_sourceLocation,
    from body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("Expected \(code), and nothing was thrown.", sourceLocation: location)
    } catch let error as StoreError {
        #expect(error.code == code, sourceLocation: location)
    } catch {
        Issue.record("Expected \(code) and not \(error).", sourceLocation: location)
    }
}

/// Lets other tasks run until the condition holds.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
