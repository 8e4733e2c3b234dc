internal import Tracing

/// The names of the spans that this library opens. They are constant; what varies is in the attributes of ``LogKey``'s names.
///
/// A span that ends by an error has the error's code as attribute `error.code` and its status set.
public enum SpanName: String, Sendable, CaseIterable {
    /// The copy of a tenant's history, from wherever the target is.
    case copy = "migration.copy"
    /// One call for a cutover: the gate, and the pause if it comes to that.
    case cutover = "migration.cutover"
    /// A dry run.
    case plan = "migration.plan"
    /// A verification.
    case verify = "migration.verify"
    /// A repair.
    case repair = "migration.repair"
}

/// Runs a body in a span.
func withMigrationSpan<Result, Failure: Error>(
    _ name: SpanName,
    tenant: TenantID,
    migration: MigrationID? = nil,
    _ body: () async throws(Failure) -> Result
) async throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = await withSpan(name.rawValue) { span in
        span.attributes[LogKey.tenant.rawValue] = tenant.text
        if let migration { span.attributes[LogKey.migration.rawValue] = migration.description }
        do throws(Failure) {
            return .success(try await body())
        } catch {
            let code = (error as? CutoverError)?.code.description ?? (error as? StoreError)?.code.description
            if let code { span.attributes[LogKey.code.rawValue] = code }
            span.setStatus(SpanStatus(code: .error))
            return .failure(error)
        }
    }
    return try result.get()
}
