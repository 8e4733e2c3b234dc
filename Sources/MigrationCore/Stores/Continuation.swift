/// Where a scan, a query or a change feed goes on: an opaque text that survives a restart.
///
/// Keep it as it is; only the store that made it can read it, and only for the same range, query or feed. Any other use
/// throws ``StoreError/Code/invalidContinuation``. It holds no secret, but may hold keys: treat it as data.
public struct Continuation: Sendable, Hashable {
    /// The text, to be stored and given back.
    public let text: String

    /// Takes back a text that a store gave out.
    public init(text: String) { self.text = text }
}
