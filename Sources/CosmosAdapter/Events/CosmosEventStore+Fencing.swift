internal import CutoverAzureTransport
public import MigrationCore

extension CosmosEventStore {
    /// One patch of the head under the condition that its epoch is smaller: it needs no version, so that no writer comes first.
    @discardableResult
    public func raiseFence(tenant: TenantID, to fence: Fence) async throws(StoreError) -> TenantHead {
        try await door.enter { () async throws(StoreError) -> TenantHead in
            if fence.epoch != .maintenance, let raised = try await logs.raise(fence, tenant, environment.random.stamp())
            {
                changes.signal(tenant)
                return try HeadRules.require(raised.head, tenant: tenant, store: id)
            }
            // Not raised: there is no head, or its fence is as high already.
            let found = try await logs.head(tenant)
            var head = try HeadRules.require(found?.head, tenant: tenant, store: id)
            guard case .admittedRaising = head.fence.admitsRaise(to: fence) else {
                try HeadRules.apply(head.fence.admitsRaise(to: fence), to: &head, tenant: tenant, store: id)
                return head
            }
            throw StoreError(
                .busy,
                "The head of the tenant's log was just written anew; try again.",
                context: .init(tenant: tenant)
            )
        }
    }
}

extension LogGateway {
    /// Raises a fence; nil when there is no head whose epoch is smaller.
    fileprivate func raise(_ fence: Fence, _ tenant: TenantID, _ stamp: String) async throws(StoreError) -> LogHead? {
        let context = StoreError.Context(tenant: tenant)
        let operations = (LogHead.fields(of: fence) + [("write", .string(stamp))]).map { name, value in
            Value.document(["op": "set", "path": .string("/\(name)"), "value": value])
        }
        let patch: Document = [
            "condition": .string("from c where c.epoch < \"\(EventItems.padded(fence.epoch.number))\""),
            "operations": .array(operations),
        ]
        do throws(AzureError) {
            let answer = try await gateway.send(
                .init(
                    operation: "raise_fence",
                    method: .patch,
                    path: gateway.path(container.name, "docs", EventItems.headID),
                    headers: [
                        "x-ms-documentdb-partitionkey": EventItems.partition(tenant),
                        "Content-Type": "application/json-patch+json",
                    ],
                    body: patch.jsonBytes(),
                    // Repeated, it finds its own epoch there and changes nothing.
                    effect: .repeatableWrite,
                    answers: [404, 412],
                    container: container
                )
            )
            guard (200..<300).contains(answer.response.status) else { return nil }
            if let item = CosmosGateway.json(answer.response), let head = LogHead(item) { return head }
        } catch {
            throw error.storeError(context)
        }
        throw CosmosGateway.strange(context)
    }
}
