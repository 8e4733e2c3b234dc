extension Route {
    static let kind = "route"

    /// The document that holds the route.
    func document(revision: UInt64) -> Document {
        var document = ControlDocument.make(Route.kind, revision: revision)
        document["tenant"] = .string(tenant.text)
        document["route"] = .string(id.description)
        document["epoch"] = .int64(number)
        document["active"] = .string(active.text)
        if let move { document["move"] = .document(move.document) }
        if let warm {
            document["warm"] = ["store": .string(warm.store.text), "migration": .string(warm.migration.description)]
        }
        if let branch {
            document["branch"] = [
                "store": .string(branch.store.text), "position": .int64(branch.place.position),
                "digest": .string(branch.place.digest.description), "sourcePosition": .int64(branch.sourcePosition),
            ]
        }
        if !retirements.isEmpty {
            document["retirements"] = .array(
                retirements.map { .document(["store": .string($0.store.text), "purged": .bool($0.isPurged)]) }
            )
        }
        document["pending"] = .array(pending.map { .document($0.document) })
        return document
    }

    /// Reads a route back. Throws `corrupt` or `newerSchema`.
    init(_ document: Document) throws(StoreError) {
        try ControlDocument.check(document, kind: Route.kind)
        let reader = ControlReader(document: document, kind: Route.kind)
        tenant = try TenantID(reader.text("tenant"))
        guard let id = RouteID(try reader.text("route")) else { throw ControlDocument.corrupt(Route.kind, "route") }
        self.id = id
        number = try reader.number("epoch")
        active = try reader.store("active")
        move = try reader.reader("move").map { inner throws(StoreError) in try Move(inner) }
        warm = try reader.reader("warm").map { inner throws(StoreError) in
            WarmCopy(store: try inner.store("store"), migration: try inner.migration("migration"))
        }
        branch = try reader.reader("branch").map { inner throws(StoreError) in try BranchPoint(inner) }
        if document["retirements"] != nil {
            retirements = try reader.readers("retirements").map { inner throws(StoreError) in try Retirement(inner) }
        }
        pending = try reader.readers("pending").map { inner throws(StoreError) in try AuditEntry(inner) }
    }
}

extension Route.Move {
    fileprivate var document: Document {
        var document: Document = [
            "migration": .string(migration.description), "target": .string(target.text),
            "state": .string(state.rawValue),
        ]
        document.set("reverses", reverses?.description)
        document.set("stateBefore", stateBefore?.rawValue)
        if let budget { document["budgetMilliseconds"] = .int64(budget.wholeMilliseconds) }
        return document
    }

    fileprivate init(_ reader: ControlReader) throws(StoreError) {
        migration = try reader.migration("migration")
        target = try reader.store("target")
        reverses = try reader.optionalMigration("reverses")
        state = try reader.state("state")
        guard !state.isTerminal else { throw ControlDocument.corrupt(Route.kind, "move.state") }
        stateBefore = try reader.optionalState("stateBefore")
        budget =
            reader.document["budgetMilliseconds"] == nil ? nil : .milliseconds(try reader.number("budgetMilliseconds"))
    }
}

extension Route.Retirement {
    fileprivate init(_ reader: ControlReader) throws(StoreError) {
        guard case .bool(let isPurged) = reader.document["purged"] else {
            throw ControlDocument.corrupt(Route.kind, "retirements.purged")
        }
        self.init(store: try reader.store("store"), isPurged: isPurged)
    }
}

extension Route.BranchPoint {
    fileprivate init(_ reader: ControlReader) throws(StoreError) {
        guard let digest = LogDigest(try reader.text("digest")) else {
            throw ControlDocument.corrupt(Route.kind, "branch.digest")
        }
        store = try reader.store("store")
        place = LogCheckpoint(position: try reader.number("position"), digest: digest)
        sourcePosition = try reader.number("sourcePosition")
    }
}

extension AuditEntry {
    /// The entry as it stands inside a route and in the audit log.
    var document: Document {
        var document: Document = [
            "tenant": .string(tenant.text), "epoch": .int64(number), "operation": .string(operation),
            "actor": .string(actor),
            "at": .date(at),
        ]
        document.set("migration", migration?.description)
        document.set("state", state?.rawValue)
        document.set("source", source?.text)
        document.set("target", target?.text)
        document.set("reverses", reverses?.description)
        document.set("reason", reason)
        return document
    }

    init(_ reader: ControlReader) throws(StoreError) {
        tenant = try TenantID(reader.text("tenant"))
        migration = try reader.optionalMigration("migration")
        number = try reader.number("epoch")
        operation = try reader.text("operation")
        state = try reader.optionalState("state")
        source = try reader.optionalStore("source")
        target = try reader.optionalStore("target")
        reverses = try reader.optionalMigration("reverses")
        actor = try reader.text("actor")
        reason = try reader.optionalText("reason")
        at = try reader.time("at")
    }
}

extension Duration {
    /// The duration in whole milliseconds, rounded down.
    var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
