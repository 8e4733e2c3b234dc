internal import CutoverAzureTransport
internal import MigrationCore

/// Reads the items of tenants' logs.
struct LogGateway: Sendable {
    let gateway: CosmosGateway
    let container: CosmosContainer
    let ranges = ContainerRangeCache()

    /// The head of a tenant's log; nil when there is none.
    func head(_ tenant: TenantID) async throws(StoreError) -> LogHead? {
        guard let item = try await item(EventItems.headID, tenant) else { return nil }
        guard let head = LogHead(item) else {
            throw StoreError(
                .corrupt,
                "The head of the tenant's log is damaged; restore its item from a backup.",
                context: .init(tenant: tenant)
            )
        }
        return head
    }

    /// The event at a position that the head counts.
    func event(at position: Int64, _ head: LogHead, _ tenant: TenantID) async throws(StoreError) -> StoredEvent {
        let id = EventItems.eventID(generation: head.generation(at: position), position: position)
        guard let item = try await item(id, tenant) else { throw Self.missing(tenant, position) }
        return try Self.event(item, tenant)
    }

    func item(_ id: String, _ tenant: TenantID) async throws(StoreError) -> Document? {
        let context = StoreError.Context(tenant: tenant)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(
                .init(
                    operation: "read_item",
                    method: .get,
                    path: gateway.path(container.name, "docs", id),
                    headers: ["x-ms-documentdb-partitionkey": EventItems.partition(tenant)],
                    answers: [404],
                    container: container
                )
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 404 else { return nil }
        guard let item = CosmosGateway.json(answer.response) else { throw CosmosGateway.strange(context) }
        return item
    }

    /// The first events that a query selects, in its order.
    func events(
        _ query: ItemQuery,
        _ tenant: TenantID,
        limit: Int
    ) async throws(StoreError) -> [StoredEvent] {
        var events: [StoredEvent] = []
        try await items(query, tenant) { (item) throws(StoreError) in
            events.append(try Self.event(item, tenant))
            return events.count < limit
        }
        return events
    }

    /// Goes over the items that a query selects within a tenant's log, as long as it is told to.
    func items(
        _ query: ItemQuery,
        _ tenant: TenantID,
        size: Int = 1_000,
        _ body: (Document) async throws(StoreError) -> Bool
    ) async throws(StoreError) {
        var walk = CollectionWalk(
            gateway: gateway,
            container: container,
            collection: nil,
            query: query,
            ranges: ranges
        )
        walk.partition = EventItems.partition(tenant)
        var place: WalkPlace? = WalkPlace(from: "", to: "FF")
        while let here = place {
            let page = try await walk.page(after: here, size: size)
            for bytes in page.items {
                guard let item = try? ExtendedJSON.parse(Array(bytes)) else {
                    throw Self.damaged(tenant)
                }
                guard try await body(item) else { return }
            }
            place = page.next
        }
    }

    private static func event(_ item: Document, _ tenant: TenantID) throws(StoreError) -> StoredEvent {
        guard let event = EventItems.event(item) else { throw damaged(tenant) }
        return event
    }

    private static func damaged(_ tenant: TenantID) -> StoreError {
        StoreError(
            .corrupt,
            "An event's item is damaged; verify the log and repair it.",
            context: .init(tenant: tenant)
        )
    }

    static func missing(_ tenant: TenantID, _ position: Int64) -> StoreError {
        StoreError(
            .logDiverged,
            "The log lacks an event that its head counts; verify the log and repair it.",
            context: .init(tenant: tenant, position: position)
        )
    }
}
