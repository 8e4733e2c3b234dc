internal import CutoverAzureTransport
internal import MigrationCore

extension TenantLog {
    /// What a call does to the log.
    enum Change<Value: Sendable>: Sendable {
        /// It only answers.
        case nothing(Value)
        case append(LogRecord.Content, Value)
        /// It raises the fence, then answers.
        case raise(Fence, Value)
        /// It begins the log.
        case begin(TenantHead, Value)
    }

    /// Decides on the log as it is known, and carries the decision out where that is how the log is; decides again where it is not.
    func change<Value: Sendable>(
        _ decide: (TenantLog) async throws(StoreError) -> Change<Value>
    ) async throws(StoreError) -> Value {
        // Other processes go first, and so do the readers of this one.
        let pause = pace.withLock { $0.pause(at: environment.timeline.now) }
        try await environment.timeline.sleep(for: pause)
        return try await turn.inTurn { () async throws(StoreError) -> Value in try await changeInTurn(decide) }
    }

    private func changeInTurn<Value: Sendable>(
        _ decide: (TenantLog) async throws(StoreError) -> Change<Value>
    ) async throws(StoreError) -> Value {
        let end = environment.timeline.now + deadline
        var random = environment.random
        var pause = Duration.milliseconds(1)
        var isFresh = false
        if index.withLock({ $0.head == nil }) || pace.withLock({ $0.hasRival(at: environment.timeline.now) }) {
            try await refresh()
            isFresh = true
        }
        while true {
            var decided: Change<Value>?
            do throws(StoreError) {
                decided = try await decide(self)
            } catch {
                if isFresh { throw error }
            }
            if let decided, let value = try await carryOut(decided, isFresh: isFresh) { return value }
            if isFresh {
                guard environment.timeline.now < end else {
                    throw StoreError(
                        .busy,
                        "Other writers of the tenant were first each time; try again, or have fewer of them.",
                        context: .init(tenant: tenant)
                    )
                }
                try await environment.timeline.sleep(for: pause * Double.random(in: 0..<1, using: &random))
                pause = min(pause * 2, .milliseconds(20))
                try await knock()
            }
            try await refresh()
            isFresh = true
        }
    }

    /// Tells writers who are first each time that there is another one: a fence that raises nothing, appended without a condition, so that
    /// their next record does not fit, and they look.
    private func knock() async throws(StoreError) {
        let (head, situation, segment, blocks) = index.withLock { ($0.head, $0.situation, $0.segment, $0.blocks) }
        guard let head, situation == .open, blocks < limits.blocks else { return }
        let record = LogRecord(.fence(head.fence), stamp: environment.random.stamp())
        pace.withLock { $0.knocked(record.stamp) }
        // Whether it came through does not matter.
        _ = try await gateway.append(LogFrame.bytes(record.body), to: names.segment(segment, of: tenant), at: nil)
    }

    /// Carries a decision out; nil when it has to be made again.
    private func carryOut<Value: Sendable>(
        _ change: Change<Value>,
        isFresh: Bool
    ) async throws(StoreError) -> Value? {
        switch change {
        case .nothing(let value): return isFresh ? value : nil
        case .append(let content, let value):
            guard try await makeRoom(), try await append(content) else { return nil }
            return value
        case .raise(let fence, let value):
            guard isFresh else { return nil }
            _ = try await raiseInTurn(fence)
            return value
        case .begin(let head, let value):
            switch index.withLock({ $0.situation }) {
            case .none:
                try await gateway.createLog(names.segment(1, of: tenant))
                index.withLock { $0.enter(segment: 1, .unopened) }
            case .unopened: break
            case .missing, .open: throw damaged(index.withLock { $0.segment }, 0)
            }
            return try await append(.opening(head)) ? value : nil
        }
    }

    /// Raises the fence; see `FencedEventStore.raiseFence`.
    func raise(_ fence: Fence) async throws(StoreError) -> TenantHead {
        try await turn.inTurn { () async throws(StoreError) -> TenantHead in
            try await refresh()
            _ = try HeadRules.require(index.withLock { $0.head }, tenant: tenant, store: store)
            return try await raiseInTurn(fence)
        }
    }

    /// The record is appended without a condition: what counts is where it came to lie, and only a seal in front of it makes it void.
    private func raiseInTurn(_ fence: Fence) async throws(StoreError) -> TenantHead {
        let bytes = LogFrame.bytes(LogRecord(.fence(fence), stamp: environment.random.stamp()).body)
        while true {
            let (found, segment) = index.withLock { ($0.head, $0.segment) }
            guard let head = found else { throw damaged(segment, 0) }
            switch head.fence.admitsRaise(to: fence) {
            case .admitted: return head
            case .refused(let code): throw head.fence.error(code, tenant: tenant, store: store)
            case .admittedRaising: break
            }
            guard try await makeRoom() else { continue }
            let name = names.segment(index.withLock { $0.segment }, of: tenant)
            let end = try await gateway.append(bytes, to: name, at: nil)
            guard case .doubtful(let doubt) = end else {
                try await refresh()
                continue
            }
            try await orDoubt(doubt) { () async throws(StoreError) in try await refresh() }
            if case .admittedRaising? = index.withLock({ $0.head?.fence.admitsRaise(to: fence) }) {
                throw doubt.storeError(.init(tenant: tenant))
            }
        }
    }

    /// Makes sure that the last segment is open and has room; false when another record was first, and decisions have to be made again.
    private func makeRoom() async throws(StoreError) -> Bool {
        while true {
            let (situation, head, segment, blocks, bytes) = index.withLock {
                ($0.situation, $0.head, $0.segment, $0.blocks, $0.offset)
            }
            guard let head, segment > 0 else { return false }
            switch situation {
            case .open:
                if blocks < limits.blocks, bytes < limits.bytes { return true }
                guard try await append(.seal(head)) else { return try await afterRefresh() }
            case .missing, .none:
                try await gateway.createLog(names.segment(segment, of: tenant))
                index.withLock { $0.situation = .unopened }
            case .unopened:
                guard try await append(.opening(head)) else { return try await afterRefresh() }
            }
        }
    }

    private func afterRefresh() async throws(StoreError) -> Bool {
        try await refresh()
        return false
    }

    /// Appends a record where the log is known to end; false when another one was first.
    private func append(_ content: LogRecord.Content) async throws(StoreError) -> Bool {
        let record = LogRecord(content, stamp: environment.random.stamp())
        let bytes = LogFrame.bytes(record.body)
        guard bytes.count <= LogFrame.maximumBytes else {
            throw StoreError(
                .eventTooLarge,
                "The events make a record of \(bytes.count) bytes, and the service takes 4 MiB; pass fewer of them.",
                context: .init(tenant: tenant)
            )
        }
        let (segment, offset) = index.withLock { ($0.segment, $0.offset) }
        let name = names.segment(segment, of: tenant)
        let start = environment.timeline.now
        switch try await gateway.append(bytes, to: name, at: offset) {
        case .refused: return false
        case .applied:
            let now = environment.timeline.now
            pace.withLock { $0.appended(in: now - start, at: now) }
            do throws(LogIndex.Damage) {
                try index.withLock { (index) throws(LogIndex.Damage) in
                    _ = try index.fold(record, bytes: bytes.count)
                }
            } catch {
                throw damaged(segment, offset, error)
            }
            return true
        case .doubtful(let doubt):
            // The condition holds for one block only, so what lies there tells whose it was.
            var there = BlobGateway.RangeAnswer.missing
            try await orDoubt(doubt) { () async throws(StoreError) in
                there = try await gateway.bytes(name, from: offset, count: bytes.count)
            }
            guard case .bytes(let found, _) = there else { throw doubt.storeError(.init(tenant: tenant)) }
            guard found == bytes else { return false }
            try await orDoubt(doubt) { () async throws(StoreError) in try await refresh() }
            return true
        }
    }

    /// Runs what resolves a doubt; where it fails, the doubt remains.
    private func orDoubt(
        _ doubt: AzureError,
        _ body: () async throws(StoreError) -> Void
    ) async throws(StoreError) {
        do throws(StoreError) {
            try await body()
        } catch {
            throw doubt.storeError(.init(tenant: tenant))
        }
    }
}
