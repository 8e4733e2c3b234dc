internal import CutoverAzureTransport
internal import MigrationCore

/// The feed of all versions and deletes, as the service writes it: an object around each version that says what was done.
extension CosmosGateway {
    /// Reads a page of it.
    static func versionPage(_ response: HTTPResponse) -> FeedPage? {
        guard let token = response.headers["etag"] else { return nil }
        var page = FeedPage(entries: [], token: token)
        guard response.status != 304 else { return page }
        guard let changes = PageSlices.elements(response.body, of: "Documents") else { return nil }
        for bytes in changes {
            guard let members = PageSlices.members(bytes), let text = members["metadata"],
                let metadata = try? ExtendedJSON.parse(Array(text)), let number = EventItems.integer(metadata["lsn"])
            else { return nil }
            var entry = FeedPage.Entry(bytes: members["current"] ?? bytes, number: number, mark: "")
            if metadata["operationType"] == .string("delete") {
                (entry.bytes, entry.deletion) = (bytes, metadata)
                // A key is deleted once in a transaction, and a version of it is no delete.
                entry.mark = "\(metadata["id"] ?? .null) \(metadata["partitionKey"] ?? .null)"
            } else {
                entry.note(try? ExtendedJSON.parse(Array(entry.bytes)))
            }
            page.entries.append(entry)
        }
        return page
    }

    /// Why the service refuses the feed of all versions.
    ///
    /// - Parameter isStart: whether it was asked to begin, not to go on.
    static func noVersions(isStart: Bool, _ context: StoreError.Context, _ error: AzureError) -> StoreError {
        StoreError(
            isStart ? .unsupported : .feedHistoryLost,
            isStart
                ? "The account keeps no history of all versions and deletes; turn on continuous backup and that feature, or use the "
                    + "feed of latest versions."
                : "The service does not give all versions after the continuation any more; start again from a scan.",
            context: context,
            underlying: error
        )
    }
}

extension FeedPage.Entry {
    /// Takes the mark of a version from its item.
    mutating func note(_ item: Document?) {
        if case .string(let rid)? = item?["_rid"], case .string(let etag)? = item?["_etag"] { mark = "\(rid) \(etag)" }
    }
}

extension ContainerShape {
    /// The key of a document whose item was deleted; nil for an item that is none of this library's, or its definition.
    func key(of deletion: Document, in collection: CollectionName) -> DocumentKey? {
        guard case .string(let item)? = deletion["id"], item != ItemID.definition,
            let id = ItemID.documentID(item), let partition = partition(of: deletion["partitionKey"])
        else { return nil }
        return DocumentKey(collection: collection, partition: partition, id: id)
    }

    /// Values of the key by their paths; those that the item lacks are left out.
    private func partition(of value: Value?) -> PartitionKey? {
        guard case .document(let values)? = value else { return nil }
        if isSynthetic {
            guard case .string(let text)? = values[ItemForm.partition] else { return nil }
            return try? PartitionKey(text: text)
        }
        return try? PartitionKey(components: paths.map { Self.component(values[$0.components.joined(separator: "/")]) })
    }
}
