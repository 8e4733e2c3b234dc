public import MigrationCore

/// What a container may use now, and the least that it can be given.
public struct CosmosThroughputReport: Sendable, Hashable {
    /// What it may use.
    public let throughput: CosmosThroughput
    /// The least that the service takes for it now, which grows with the data and with what it was given before; nil when it does
    /// not say. For autoscale it is the least maximum.
    public let minimum: Int?
}

extension CosmosDocumentStore {
    /// What a collection's container may use; nil when it has no throughput of its own.
    ///
    /// It has none in a serverless account, and in a database whose containers share the database's. An identity of Entra ID may not
    /// ask; that is `notPermitted`.
    ///
    /// - Parameter collection: the collection.
    /// - Throws: `collectionNotFound`; what the service answers.
    public func throughput(of collection: CollectionName) async throws(StoreError) -> CosmosThroughputReport? {
        try await door.enter { () async throws(StoreError) -> CosmosThroughputReport? in
            let link = try await link(of: collection)
            return try await gateway.offer(of: link, .init(collection: collection)).map(CosmosThroughputReport.init)
        }
    }

    /// Gives a collection's container another throughput: more for a copy, and less after it, or the other kind.
    ///
    /// The container of logs is a collection of its name here, by default `cutover-events`.
    ///
    /// The service may take minutes until all of it can be used, and more than it ever was splits ranges. Where the kind changes, the
    /// service passes through a number that it chooses itself.
    ///
    /// - Parameters:
    ///   - throughput: manual or autoscale.
    ///   - collection: the collection.
    /// - Returns: what the container has now.
    /// - Throws: `unsupported` where the container has no throughput of its own; `invalidArgument` for one that the service does not
    ///   take, such as less than the minimum; `collectionNotFound`, `notPermitted` and what else the service answers.
    @discardableResult
    public func setThroughput(
        _ throughput: CosmosThroughput,
        of collection: CollectionName
    ) async throws(StoreError) -> CosmosThroughputReport {
        try await door.enter { () async throws(StoreError) -> CosmosThroughputReport in
            let context = StoreError.Context(collection: collection)
            let isDefault = throughput.unitsPerSecond == nil
            let problem = isDefault ? "A container is given manual or autoscale throughput." : throughput.problem
            if let problem { throw StoreError(.invalidArgument, problem, context: context) }
            let link = try await link(of: collection)
            guard let offer = try await gateway.setThroughput(throughput, of: link, context) else {
                throw StoreError(
                    .unsupported,
                    "The container has no throughput of its own: the account is serverless, or the database shares its own; "
                        + "change that, or leave it out.",
                    context: context
                )
            }
            return CosmosThroughputReport(offer)
        }
    }

    /// How offers name the container.
    private func link(of collection: CollectionName) async throws(StoreError) -> String {
        guard case .string(let link)? = try await existingContainer(of: collection).description["_self"] else {
            throw CosmosGateway.strange(.init(collection: collection))
        }
        return link
    }
}

extension CosmosThroughputReport {
    init(_ offer: CosmosOffer) { self.init(throughput: offer.throughput, minimum: offer.minimum) }
}
