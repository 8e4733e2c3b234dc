internal import MigrationCore

/// The leases of a group as documents: a plan that says how many there are, and one for each.
struct FeedLeases: Sendable {
    let store: any DocumentStore
    let collection: CollectionName
    let partition: PartitionKey

    /// Makes plan and leases, unless they are there.
    ///
    /// - Parameter places: where each lease begins; asked only by the first process.
    /// - Returns: how many leases there are.
    func prepare(_ places: () async throws(StoreError) -> [Continuation]) async throws(StoreError) -> Int {
        if !store.capabilities.createsCollectionsOnWrite {
            try await store.ensureCollection(CollectionDefinition(collection))
        }
        if try await store.read(key("plan")) == nil {
            let texts = try await places().map { Value.string($0.text) }
            // Whoever is first makes the plan; the others follow it.
            _ = try await store.write(["v": 1, "places": .array(texts)], to: key("plan"), condition: .insert)
        }
        guard let plan = try await store.read(key("plan")), plan.document["v"] == .int32(1),
            case .array(let texts)? = plan.document["places"]
        else { throw damaged() }
        for (number, text) in texts.enumerated() {
            guard case .string(let place) = text else { throw damaged() }
            let lease = FeedLease(number: number, owner: nil, place: Continuation(text: place))
            if try await store.read(key("\(number)")) == nil {
                _ = try await store.write(lease.document, to: key("\(number)"), condition: .insert)
            }
        }
        return texts.count
    }

    /// All leases as they are now.
    func all(_ count: Int) async throws(StoreError) -> [FeedLease] {
        var leases: [FeedLease] = []
        for (number, stored) in try await store.readMany((0..<count).map { key("\($0)") }).enumerated() {
            guard let stored, let lease = FeedLease(stored, number: number) else { throw damaged() }
            leases.append(lease)
        }
        return leases
    }

    /// Who has asked last for a share.
    func request() async throws(StoreError) -> FeedRequest? {
        guard let stored = try await store.read(key("request")), case .string(let owner)? = stored.document["owner"]
        else { return nil }
        return FeedRequest(owner: owner, etag: stored.etag)
    }

    /// Asks the others for a share; whoever asks at the same time asks again.
    func request(for owner: String) async throws(StoreError) {
        _ = try await store.write(["v": 1, "owner": .string(owner)], to: key("request"))
    }

    /// Writes a lease under the version that it has; nil when another process has taken it.
    func put(_ lease: FeedLease) async throws(StoreError) -> FeedLease? {
        guard let etag = lease.etag else { return nil }
        let outcome = try await store.write(
            lease.document,
            to: key("\(lease.number)"),
            condition: .ifMatches(etag)
        )
        switch outcome {
        case .applied(let tag):
            var lease = lease
            lease.etag = tag
            return lease
        case .rejected: return nil
        case .unknown(let error): throw error
        }
    }

    private func key(_ id: String) -> DocumentKey {
        DocumentKey(collection: collection, partition: partition, id: DocumentID(id))
    }

    private func damaged() -> StoreError {
        StoreError(
            .corrupt,
            "The leases of the feed are damaged; delete them, and the group begins anew.",
            context: .init(collection: collection)
        )
    }
}
