/// Reads suspects on both sides until they agree or have had their time: only what lasts is a difference.
struct SuspectCheck: Sendable {
    let source: any DocumentStore
    let target: any DocumentStore
    let configuration: ConsistencyVerifier.Configuration
    let retrier: Retrier
    let timeline: Timeline

    private static let pageSize = 100

    /// What is still wrong, with its age, and how many keys could not be read.
    func check(_ suspects: [DocumentKey]) async throws(StoreError) -> (violations: [Violation], unknown: Int64) {
        let firstSeen = timeline.now
        var pending = suspects
        for round in 0...configuration.settleRounds {
            let isLast = round == configuration.settleRounds
            var wrong: [Violation] = []
            var unknown: [DocumentKey] = []
            for start in stride(from: 0, to: pending.count, by: Self.pageSize) {
                let keys = Array(pending[start..<min(start + Self.pageSize, pending.count)])
                let age = timeline.now - firstSeen
                for (key, verdict) in zip(keys, try await verdicts(keys, age: age)) {
                    switch verdict {
                    case .right: break
                    case .wrong(let violation): wrong.append(violation)
                    case .unknown: unknown.append(key)
                    }
                }
            }
            if isLast || (wrong.isEmpty && unknown.isEmpty) { return (wrong, Int64(unknown.count)) }
            pending = wrong.compactMap(\.key) + unknown
            try await timeline.sleep(for: configuration.settleDelay)
        }
        return ([], 0)
    }

    private enum Verdict {
        case right
        case wrong(Violation)
        case unknown
    }

    private enum Reading {
        case document(StoredDocument?)
        case unreadable
        case unknown
    }

    private func verdicts(_ keys: [DocumentKey], age: Duration) async throws(StoreError) -> [Verdict] {
        let theirs = try await read(keys, from: target)
        let ours = try await read(keys, from: source)
        return keys.indices.map { verdict(keys[$0], ours[$0], theirs[$0], age: age) }
    }

    private func verdict(_ key: DocumentKey, _ ours: Reading, _ theirs: Reading, age: Duration) -> Verdict {
        let age: Duration? = age > .zero ? age : nil
        switch (ours, theirs) {
        case (.unreadable, _): return .wrong(Violation(.unreadable, on: .source, key: key, age: age))
        case (_, .unreadable): return .wrong(Violation(.unreadable, on: .target, key: key, age: age))
        case (.unknown, _), (_, .unknown): return .unknown
        case (.document(nil), .document(nil)): return .right
        case (.document(.some), .document(nil)):
            return .wrong(Violation(.missing, on: .target, key: key, age: age))
        case (.document(nil), .document(.some)): return .wrong(Violation(.extra, on: .target, key: key, age: age))
        case (.document(let ours?), .document(let theirs?)):
            guard configuration.sample.contains(hash: NameHash.of(key)) else { return .right }
            let options = configuration.digest
            if ours.document.canonicalDigest(options) == theirs.document.canonicalDigest(options) { return .right }
            guard configuration.level == .full else {
                return .wrong(Violation(.digest, on: .target, key: key, age: age))
            }
            let detail = DocumentDifference.fields(ours.document, theirs.document, options).joined(separator: ", ")
            return .wrong(Violation(.content, on: .target, key: key, age: age, detail: detail))
        }
    }

    private func read(_ keys: [DocumentKey], from store: any DocumentStore) async throws(StoreError) -> [Reading] {
        do throws(StoreError) {
            let found = try await retrier(repeatsUnknown: true) { () throws(StoreError) in
                try await store.readMany(keys)
            }
            if found.count == keys.count { return found.map { .document($0) } }
        } catch {
            guard error.code == .corrupt || error.code.isRetryable else { throw error }
        }
        var readings: [Reading] = []
        for key in keys {
            do throws(StoreError) {
                let found = try await retrier(repeatsUnknown: true) { () throws(StoreError) in try await store.read(key)
                }
                readings.append(.document(found))
            } catch {
                guard error.code == .corrupt || error.code.isRetryable else { throw error }
                readings.append(error.code == .corrupt ? .unreadable : .unknown)
            }
        }
        return readings
    }
}

/// Which top-level fields of two documents differ.
enum DocumentDifference {
    /// At most eight names, in the order of the first document; `field order` when only that differs.
    static func fields(_ a: Document, _ b: Document, _ options: DigestOptions) -> [String] {
        let names = a.keys + b.keys.filter { a[$0] == nil }
        let differing = names.filter { name in
            guard !options.excludedFields.contains(name) else { return false }
            guard let x = a[name], let y = b[name] else { return true }
            return x != y
        }
        return differing.isEmpty ? ["field order"] : Array(differing.prefix(8))
    }
}
