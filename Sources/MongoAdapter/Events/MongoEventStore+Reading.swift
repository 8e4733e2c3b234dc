public import MigrationCore

extension MongoEventStore {
    public func readLog(
        tenant: TenantID,
        after position: Int64,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await named { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(position: position)
            return try await read(tenant, epoch: epoch) { (client, database) throws(StoreError) in
                try client.events(
                    of: tenant,
                    in: database,
                    where: EventDocument.places(after: position, upTo: .max, of: tenant),
                    sort: ["_id": 1],
                    limit: limit,
                    readConcern: .snapshot
                )
            }?.0 ?? []
        }
    }

    public func readStream(
        _ stream: StreamID,
        tenant: TenantID,
        from start: StreamPosition,
        limit: Int,
        epoch: Epoch
    ) async throws(StoreError) -> [StoredEvent] {
        try await named { () async throws(StoreError) -> [StoredEvent] in
            try EventRules.check(limit: limit)
            try EventRules.check(start: start)
            let (bound, direction): (Document, Value) =
                switch start {
                case .forward(let version): (["$gte": .int64(version)], 1)
                case .backward(let version): (["$lte": .int64(version)], -1)
                }
            return try await read(tenant, epoch: epoch) { (client, database) throws(StoreError) in
                try client.events(
                    of: tenant,
                    in: database,
                    where: [
                        "_id.tenant": .string(tenant.text), "event.stream": .string(stream.text),
                        "event.version": .document(bound),
                    ],
                    sort: ["event.version": direction],
                    limit: limit,
                    readConcern: .snapshot
                )
            }?.0 ?? []
        }
    }

    public func head(tenant: TenantID, epoch: Epoch) async throws(StoreError) -> TenantHead? {
        try await named { () async throws(StoreError) -> TenantHead? in
            let (id, database) = (id, database)
            return try await connection.lanes.run { (client) throws(StoreError) -> TenantHead? in
                let found = try client.decidingRead { (session) throws(StoreError) in
                    try client.head(of: tenant, in: database, session: session)
                }
                guard let head = found else { return nil }
                if case .refused(let code) = head.fence.admitsRead(epoch) {
                    throw head.fence.error(code, tenant: tenant, store: id)
                }
                return head
            }
        }
    }

    public func checkpoint(
        tenant: TenantID,
        at position: Int64,
        epoch: Epoch
    ) async throws(StoreError) -> LogCheckpoint? {
        try await named { () async throws(StoreError) -> LogCheckpoint? in
            try EventRules.check(position: position)
            let found = try await read(tenant, epoch: epoch) { (client, database) throws(StoreError) in
                try client.digest(at: position, of: tenant, in: database)
            }
            // Without a head there is no log, and it begins where all logs begin.
            guard let (digest, head) = found else { return position == 0 ? .beginning : nil }
            guard position <= head.position else { return nil }
            if position == head.position { return head.checkpoint }
            return digest.map { LogCheckpoint(position: position, digest: $0) }
        }
    }

    public func streamVersion(_ stream: StreamID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Int64 {
        try await named { () async throws(StoreError) -> Int64 in
            try await read(tenant, epoch: epoch) { (client, database) throws(StoreError) in
                try client.version(of: stream, tenant: tenant, in: database)
            }?.0 ?? 0
        }
    }

    public func contains(_ event: EventID, tenant: TenantID, epoch: Epoch) async throws(StoreError) -> Bool {
        try await named { () async throws(StoreError) -> Bool in
            try await read(tenant, epoch: epoch) { (client, database) throws(StoreError) in
                var isThere = false
                unsafe try client.find(
                    ["_id.tenant": .string(tenant.text), "event.id": event.value],
                    in: EventNames.events,
                    of: database,
                    options: ["limit": 1, "projection": ["_id": 1]]
                ) { (_) throws(StoreError) in
                    isThere = true
                    return false
                }
                return isThere
            }?.0 ?? false
        }
    }

    public func tenants(after tenant: TenantID?, limit: Int) async throws(StoreError) -> [TenantID] {
        try await named { () async throws(StoreError) -> [TenantID] in
            try EventRules.check(limit: limit)
            let database = database
            return try await connection.lanes.run { (client) throws(StoreError) -> [TenantID] in
                var tenants: [TenantID] = []
                unsafe try client.find(
                    ["_id": ["$gt": .string(tenant?.text ?? "")]],
                    in: EventNames.heads,
                    of: database,
                    options: ["sort": ["_id": 1], "limit": .int64(Int64(limit)), "projection": ["_id": 1]]
                ) { (bytes) throws(StoreError) in
                    if case .string(let text)? = try unsafe Document(storedBSON: bytes)["_id"] {
                        tenants.append(try TenantID(text))
                    }
                    return true
                }
                return tenants
            }
        }
    }
}
