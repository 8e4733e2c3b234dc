import MigrationCore
import SQLiteAdapter

extension NewEvent {
    /// An event with a payload that holds its number.
    static func numbered(_ number: Int, type: String = "Counted") -> NewEvent {
        NewEvent(
            type: type,
            occurredAt: WallTime(millisecondsSinceEpoch: Int64(number)),
            correlationID: "request-\(number)",
            actor: "test",
            metadata: number.isMultiple(of: 2) ? Document() : ["trace": "t\(number)"],
            payload: ["number": .int64(Int64(number)), "text": "the payload of an event"]
        )
    }
}

extension SQLiteEventStore {
    /// A store whose tenant is ready for appends under epoch 1.
    static func prepared(at path: String, tenant: TenantID = "acme") async throws(StoreError) -> SQLiteEventStore {
        let store = try await SQLiteEventStore.open("test", at: path)
        try await store.prepare(tenant: tenant, fence: Fence(epoch: .unrouted, role: .open))
        return store
    }
}
