internal import CutoverCMongo
internal import CutoverCMongoShims
internal import MigrationCore

extension MongoClient {
    /// Runs a function in a transaction, again as a whole when the server says that it may be, until it is committed.
    ///
    /// - Parameters:
    ///   - budget: how long attempts may begin, and how long a commit is asked for its end.
    ///   - attempts: how long attempts may begin where that is shorter.
    ///   - body: what to do in the transaction. It may run several times; only the last run counts.
    /// - Returns: What the run returned that was committed.
    /// - Throws: What `body` throws; `busy` or `unavailable` when nothing was committed within the budget; `outcomeUnknown` when
    ///   the commit was sent and its end stays open.
    func transaction<Value>(
        budget: Duration,
        attempts: Duration? = nil,
        _ body: (MongoSession) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let patience = min(budget, attempts ?? budget)
        let start = ContinuousClock.now
        var attempt = 0
        while true {
            do throws(StoreError) {
                return try transactionOnce(budget: budget, since: start, body)
            } catch {
                guard error.mongoFailure?.labels.contains("TransientTransactionError") == true,
                    error.code != .outcomeUnknown, start.duration(to: .now) < patience
                else { throw error }
                // Who lost against another transaction waits about as long as one takes, a little more each time.
                attempt += 1
                let bound = Double(min(1 << min(attempt, 6), 50))
                Backoff.sleep(milliseconds: Double.random(in: 0.2...bound))
            }
        }
    }

    /// Reads what decides something: all that was acknowledged before it began, or an error.
    ///
    /// The server proves that it still is the primary by committing a note of its own to a majority. A read with linearizable concern
    /// makes it do the same, but then waits for the next flush of the journal, which an idle server does every 0.1 s; a commit asks for it.
    ///
    /// - Parameter body: what to read, in the session that it is given. It may run several times.
    /// - Throws: What `body` throws; `unavailable` when the server could not prove it within 10 s.
    func decidingRead<Value>(_ body: (MongoSession) throws(StoreError) -> Value) throws(StoreError) -> Value {
        do throws(StoreError) {
            return try transaction(budget: .seconds(10), body)
        } catch  where error.code == .outcomeUnknown {
            throw StoreError(
                .unavailable,
                "MongoDB could not prove in time that it still is the primary; read again once a majority can be reached.",
                context: error.context,
                underlying: error.underlying
            )
        }
    }

    private func transactionOnce<Value>(
        budget: Duration,
        since start: ContinuousClock.Instant,
        _ body: (MongoSession) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let session = try takeSession()
        var isSound = false
        defer { giveBack(session, isSound: isSound) }
        guard unsafe cutover_mongo_transaction_start(outcome.pointer, session.pointer, 10_000) else {
            throw outcome.error
        }
        let value: Value
        do throws(StoreError) {
            value = try body(session)
        } catch {
            unsafe cutover_mongo_transaction_abort(session.pointer)
            isSound = error.mongoFailure?.isLostReply != true
            throw error
        }
        while !(unsafe cutover_mongo_transaction_commit(outcome.pointer, session.pointer)) {
            let failure = outcome.failure
            // Sending the commit again asks for its end: the server answers with it, or that there is no such transaction.
            if failure.labels.contains("UnknownTransactionCommitResult"), start.duration(to: .now) < budget {
                Backoff.sleep(milliseconds: 5)
                continue
            }
            throw StoreError(failure).ofCommit()
        }
        isSound = true
        return value
    }
}

extension StoreError {
    /// A commit that failed without a label that excludes it may still have been applied.
    fileprivate func ofCommit() -> StoreError {
        mongoFailure?.labels.contains("TransientTransactionError") == true ? self : ofWrite()
    }
}
