package import MigrationCore

/// Several calls together, a bounded number at a time.
package enum ConcurrentCalls {
    /// Makes a call for each item and answers in the order of the items; one that fails leaves the others alone.
    ///
    /// - Parameter limit: the most calls that are under way at one time, at least 1.
    package static func each<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        limit: Int,
        _ call: @escaping @Sendable (Item) async throws(StoreError) -> Value
    ) async -> [Result<Value, StoreError>] {
        typealias Outcome = Result<Value, StoreError>
        return await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: items.count)
            var next = 0
            func start() {
                guard next < items.count else { return }
                let (index, item) = (next, items[next])
                next += 1
                group.addTask {
                    do throws(StoreError) { return (index, .success(try await call(item))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, limit) { start() }
            while let (index, outcome) = await group.next() {
                outcomes[index] = outcome
                start()
            }
            return outcomes.compactMap(\.self)
        }
    }
}
