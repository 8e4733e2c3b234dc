internal import MigrationCore

/// The two refusals that come before a call is looked at.
enum Refusals {
    /// Throws `cancelled` when the calling task was cancelled; nothing has been applied yet.
    static func checkCancellation(_ store: StoreID) throws(StoreError) {
        guard !Task.isCancelled else {
            throw StoreError(
                .cancelled,
                "The calling task was cancelled before the store began; nothing was applied.",
                context: .init(store: store)
            )
        }
    }

    static func closed(_ store: StoreID) -> StoreError {
        StoreError(.closed, "The store was closed; make a new one.", context: .init(store: store))
    }
}

extension StoreID {
    /// Runs a shared rule or decision, and names this store in the error that it throws.
    func naming<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        do { return try body() } catch { throw error.from(self) }
    }
}
