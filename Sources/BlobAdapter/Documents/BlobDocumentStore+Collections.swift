internal import CutoverAzureTransport
public import MigrationCore

extension BlobDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await door.enter { () async throws(StoreError) -> [CollectionDefinition] in try await definitions.all() }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await door.enter { () async throws(StoreError) in try await definitions.ensure(definition) }
    }
}
