internal import MigrationCore

/// The heads of the tenants' logs as documents of `cutover.heads`, `_id` being the tenant.
enum HeadDocument {
    static func head(in document: Document, of tenant: TenantID) throws(StoreError) -> TenantHead {
        guard case .int64(let position)? = document["position"],
            case .binary(let digestBytes)? = document["digest"], let digest = LogDigest(bytes: digestBytes.bytes),
            case .int32(let version)? = document["digestVersion"], case .int64(let epoch)? = document["epoch"],
            case .string(let routeText)? = document["route"], let route = RouteID(routeText),
            case .string(let roleText)? = document["role"], let role = Fence.Role(rawValue: roleText)
        else { throw damaged(tenant) }
        var successor: StoreID?
        switch document["successor"] {
        case nil, .null?: break
        case .string(let text)?:
            guard let name = try? StoreID(text) else { throw damaged(tenant) }
            successor = name
        default: throw damaged(tenant)
        }
        let fence = Fence(epoch: Epoch(number: epoch, route: route), role: role, successor: successor)
        return TenantHead(position: position, digest: digest, fence: fence, digestVersion: version)
    }

    static func document(_ head: TenantHead, of tenant: TenantID) -> Document {
        var document: Document = ["_id": .string(tenant.text)]
        for (name, value) in logFields(of: head) { document.append(name, value) }
        for (name, value) in fields(of: head.fence) { document.append(name, value) }
        return document
    }

    /// The fields that an append changes.
    static func logFields(of head: TenantHead) -> Document {
        [
            "position": .int64(head.position), "digest": .binary(Binary(bytes: head.digest.bytes)),
            "digestVersion": .int32(head.digestVersion),
        ]
    }

    /// The fields of the fence.
    static func fields(of fence: Fence) -> Document {
        [
            "epoch": .int64(fence.epoch.number), "route": .string(fence.epoch.route.description),
            "role": .string(fence.role.rawValue), "successor": fence.successor.map { .string($0.text) } ?? .null,
        ]
    }

    private static func damaged(_ tenant: TenantID) -> StoreError {
        StoreError(
            .corrupt,
            "The head of the tenant's log is damaged; restore the document of cutover.heads from a backup.",
            context: .init(tenant: tenant)
        )
    }
}
