public import MigrationCore

extension CosmosEventStore {
    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await door.enter { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(position: position)
            return try await steadily(tenant, epoch) { [logs] (head) async throws(StoreError) -> [StoredEvent]? in
                let end = head.head.position
                guard position < end else { return [] }
                let last = end - position > Int64(limit) ? position + Int64(limit) : end
                let query = ItemQuery(
                    text: "SELECT * FROM c WHERE \(head.condition(after: position, upTo: last)) ORDER BY c.position"
                )
                let events = try await logs.events(query, tenant, limit: limit)
                let isWhole =
                    Int64(events.count) == last - position
                    && events.enumerated().allSatisfy { $0.element.position == position + 1 + Int64($0.offset) }
                return isWhole ? events : nil
            } ?? []
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await door.enter { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(start: start)
            let (bound, direction, version) =
                switch start {
                case .forward(let version): (">=", "ASC", version)
                case .backward(let version): ("<=", "DESC", version)
                }
            return try await steadily(tenant, epoch) { [logs] (head) async throws(StoreError) -> [StoredEvent]? in
                guard head.head.position > 0 else { return [] }
                let condition = head.condition(after: 0, upTo: head.head.position)
                // A version is no larger than its position, and numbers are doubles.
                let query = ItemQuery(
                    text: "SELECT * FROM c WHERE c.stream = @stream AND c.version \(bound) \(min(version, 1 << 53)) "
                        + "AND \(condition) ORDER BY c.version \(direction)",
                    parameters: [("@stream", .string(stream.text))]
                )
                let events = try await logs.events(query, tenant, limit: limit)
                let step: Int64 = direction == "ASC" ? 1 : -1
                let isWhole = zip(events, events.dropFirst()).allSatisfy { $0.version + step == $1.version }
                return isWhole ? events : nil
            } ?? []
        }
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await door.enter { () async throws(StoreError) -> TenantHead? in
            try await look(tenant, epoch)?.head
        }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try await door.enter { () async throws(StoreError) -> LogCheckpoint? in
            try EventRules.check(position: position)
            let head = try await look(tenant, epoch)
            if position == 0 { return .beginning }
            guard let head, position <= head.head.position else { return nil }
            if position == head.head.position { return head.head.checkpoint }
            return try await logs.event(at: position, head, tenant).checkpoint
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await door.enter { () async throws(StoreError) -> Int64 in
            guard let head = try await look(tenant, epoch) else { return 0 }
            return try await logs.version(of: stream, head, tenant)
        }
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await door.enter { () async throws(StoreError) -> Bool in
            guard let head = try await look(tenant, epoch), head.head.position > 0 else { return false }
            let condition = head.condition(after: 0, upTo: head.head.position)
            let query = ItemQuery(
                text: "SELECT * FROM c WHERE c.eventId = @event AND \(condition)",
                parameters: [("@event", .string(event.description))]
            )
            return try await !logs.events(query, tenant, limit: 1).isEmpty
        }
    }

    /// Each range gives its first tenants in order, and they are merged.
    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await door.enter { () async throws(StoreError) -> [TenantID] in
            try EventRules.check(limit: limit)
            return try await logs.tenants(after: tenant, limit: limit)
        }
    }

    /// The head, when its fence lets this epoch read.
    private func look(_ tenant: TenantID, _ epoch: Epoch) async throws(StoreError) -> LogHead? {
        guard let head = try await logs.head(tenant) else { return nil }
        if case .refused(let code) = head.head.fence.admitsRead(epoch) {
            throw head.head.fence.error(code, tenant: tenant, store: id)
        }
        return head
    }

    /// Reads as of one head. A repair that comes between, and takes events away, shows as a gap; then it is read again.
    private func steadily<Value>(
        _ tenant: TenantID,
        _ epoch: Epoch,
        _ body: (LogHead) async throws(StoreError) -> Value?
    ) async throws(StoreError) -> Value? {
        var last: String?
        while true {
            guard let head = try await look(tenant, epoch) else { return nil }
            if let value = try await body(head) { return value }
            guard head.etag != last else { throw LogGateway.missing(tenant, head.head.position) }
            last = head.etag
        }
    }
}

extension LogGateway {
    /// The tenants that have a head, in order.
    fileprivate func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        var query = ItemQuery(text: "SELECT c.cutoverTenant FROM c WHERE c.id = @head")
        query.parameters.append(("@head", .string(EventItems.headID)))
        if let tenant {
            query.text += " AND c.cutoverTenant > @after"
            query.parameters.append(("@after", .string(tenant.text)))
        }
        query.text += " ORDER BY c.cutoverTenant"
        var tenants: [TenantID] = []
        for range in try await ranges.ranges(of: container, gateway, .init()) {
            let walk = CollectionWalk(
                gateway: gateway,
                container: container,
                collection: nil,
                query: query,
                ranges: ranges
            )
            var place: WalkPlace? = WalkPlace(from: range.minimum, to: range.maximum)
            var count = 0
            while let here = place, count < limit {
                let page = try await walk.page(after: here, size: limit)
                for bytes in page.items {
                    guard case .string(let text)? = (try? ExtendedJSON.parse(Array(bytes)))?["cutoverTenant"] else {
                        continue
                    }
                    tenants.append(try TenantID(text))
                    count += 1
                }
                place = page.next
            }
        }
        return Array(tenants.sorted().prefix(limit))
    }
}
