/// Makes a failing sequence of operations shorter, so that a reader sees what matters.
enum Shrinking {
    /// Leaves out one operation after the other while the sequence still fails.
    ///
    /// - Parameters:
    ///   - operations: a sequence that fails.
    ///   - trials: the most sequences to try.
    ///   - failure: runs a sequence in a fresh place and returns how it fails, if it does.
    /// - Returns: a sequence that fails, of which no single operation can be left out, and its failure.
    static func shrink<Operation>(
        _ operations: [Operation],
        _ first: Mismatch,
        trials: Int = 300,
        failure: ([Operation]) async throws -> Mismatch?
    ) async throws -> (operations: [Operation], mismatch: Mismatch) {
        var best = operations
        var mismatch = first
        var left = trials
        var size = max(1, operations.count / 2)
        while size >= 1 {
            var start = 0
            var removedAny = false
            while start < best.count, left > 0 {
                var candidate = best
                candidate.removeSubrange(start..<min(start + size, best.count))
                left -= 1
                if !candidate.isEmpty, let found = try await failure(candidate) {
                    best = candidate
                    mismatch = found
                    removedAny = true
                } else {
                    start += size
                }
            }
            guard left > 0 else { break }
            if !removedAny { size /= 2 }
        }
        return (best, mismatch)
    }
}
