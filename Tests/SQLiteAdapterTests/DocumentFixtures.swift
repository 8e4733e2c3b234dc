import MigrationCore
import SQLiteAdapter

extension DocumentKey {
    /// A key of the collection `orders`.
    static func order(_ id: String, in partition: PartitionKey = .unpartitioned) -> DocumentKey {
        DocumentKey(collection: "orders", partition: partition, id: DocumentID(id))
    }
}

extension DocumentStore {
    /// All pages of a scan.
    func scanAll(
        _ range: ScanRange,
        pageSize: Int = 7
    ) async throws(StoreError) -> (
        documents: [StoredDocument], unreadable: [UnreadableDocument]
    ) {
        var documents: [StoredDocument] = []
        var unreadable: [UnreadableDocument] = []
        var continuation: Continuation?
        repeat {
            let page = try await scan(range, after: continuation, pageSize: pageSize)
            documents += page.documents
            unreadable += page.unreadable
            continuation = page.continuation
        } while continuation != nil
        return (documents, unreadable)
    }
}

extension ChangeFeed {
    /// The changes after a point, as `id` for a write, `-id` for a delete and `?id` for what does not parse.
    func feed(
        after continuation: inout Continuation,
        in collection: CollectionName = "orders",
        limit: Int = 100
    ) async throws(StoreError) -> [String] {
        let page = try await changes(in: collection, from: .after(continuation), limit: limit, waitingUpTo: .zero)
        continuation = page.continuation
        return page.changes.map { change in
            let id = change.key?.id.text ?? ""
            return switch change.kind {
            case .written: id
            case .deleted: "-" + id
            case .unreadable: "?" + id
            }
        }
    }
}
