extension ControlStore {
    /// Writes what a route still holds for the history, and takes it out of the route.
    ///
    /// Every step is harmless when it is done twice, so a crash in between, or two processes at once, lose and repeat nothing.
    ///
    /// - Returns: the route without what was written, or as another process left it.
    func settle(_ route: Versioned<Route>) async throws(StoreError) -> Versioned<Route> {
        var route = route
        while !route.value.pending.isEmpty {
            let entries = route.value.pending
            for entry in entries where !Mutant.historyIsDropped.isOn {
                try await record(entry, route: route.value.id)
                try await log(entry, route: route.value.id)
            }
            var settled = route.value
            settled.pending = []
            if let written = try await replace(route, with: settled) { return written }
            guard let current = try await self.route(of: route.value.tenant) else { return route }
            route = current
        }
        return route
    }

    /// The record of a migration, with what its tenant's route still holds for it; `nil` for an unknown id.
    func record(of id: MigrationID) async throws(StoreError) -> MigrationRecord? {
        if let stored = try await documents.read(key(.migrations, id.description)) {
            var record = try MigrationRecord(stored.document)
            if let route = try await route(of: record.tenant) { record.apply(pendingOf: route.value) }
            return record
        }
        // It may have begun a moment ago, with its history still in the route.
        var continuation: Continuation?
        repeat {
            let page = try await routes(after: continuation)
            for route in page.routes {
                for entry in route.value.pending where entry.migration == id {
                    guard var record = MigrationRecord(start: entry) else { continue }
                    record.apply(pendingOf: route.value)
                    return record
                }
            }
            continuation = page.continuation
        } while continuation != nil
        return nil
    }

    /// The migrations of a tenant, oldest first.
    func records(of tenant: TenantID) async throws(StoreError) -> [MigrationRecord] {
        let route = try await route(of: tenant)?.value
        let query = DocumentQuery(collection(.migrations), where: .equal("tenant", .string(tenant.text)))
        var records: [MigrationRecord] = []
        var continuation: Continuation?
        repeat {
            let page = try await documents.query(query, after: continuation, pageSize: 256)
            for stored in page.documents {
                var record = try MigrationRecord(stored.document)
                if let route { record.apply(pendingOf: route) }
                records.append(record)
            }
            continuation = page.continuation
        } while continuation != nil
        for entry in route?.pending ?? [] where !records.contains(where: { $0.id == entry.migration }) {
            guard var record = MigrationRecord(start: entry), let route else { continue }
            record.apply(pendingOf: route)
            records.append(record)
        }
        return records.sorted { ($0.createdAt, $0.number) < ($1.createdAt, $1.number) }
    }

    /// The audit log of a tenant, oldest first, with what its route still holds.
    func auditLog(of tenant: TenantID) async throws(StoreError) -> [AuditEntry] {
        let query = DocumentQuery(
            collection(.audit),
            where: .equal("tenant", .string(tenant.text)),
            sort: [.ascending("epoch"), .ascending("operation")]
        )
        var entries: [AuditEntry] = []
        var continuation: Continuation?
        repeat {
            let page = try await documents.query(query, after: continuation, pageSize: 256)
            for stored in page.documents {
                entries.append(try AuditEntry(ControlReader(document: stored.document, kind: "audit")))
            }
            continuation = page.continuation
        } while continuation != nil
        let pending = try await route(of: tenant)?.value.pending ?? []
        return entries + pending.filter { !entries.contains($0) }
    }

    private func log(_ entry: AuditEntry, route: RouteID) async throws(StoreError) {
        let id = "\(route)/\(Hex.text(UInt64(entry.number)))/\(entry.operation)"
        _ = try await compareAndSwap(key(.audit, id), expecting: nil) { revision in
            var document = ControlDocument.make("audit", revision: revision)
            for (name, value) in entry.document { document[name] = value }
            return document
        }
    }

    private func record(_ entry: AuditEntry, route: RouteID) async throws(StoreError) {
        guard let id = entry.migration else { return }
        let key = key(.migrations, id.description)
        while true {
            if let stored = try await documents.read(key) {
                let before = try MigrationRecord(stored.document)
                var after = before
                after.apply(entry)
                if after == before { return }
                let tag = try await compareAndSwap(key, expecting: stored.etag) { after.document(revision: $0) }
                if tag != nil { return }
            } else {
                guard let record = MigrationRecord(start: entry) else { return }
                let tag = try await compareAndSwap(key, expecting: nil) { record.document(revision: $0) }
                if tag != nil { return }
            }
        }
    }
}

extension MigrationRecord {
    /// Adds what a route still holds for this migration.
    mutating func apply(pendingOf route: Route) {
        for entry in route.pending where entry.migration == id { apply(entry) }
    }
}
