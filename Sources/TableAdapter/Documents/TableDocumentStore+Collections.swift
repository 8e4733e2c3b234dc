internal import CutoverAzureTransport
public import MigrationCore

extension TableDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await door.enter { () async throws(StoreError) -> [CollectionDefinition] in
            var definitions: [CollectionDefinition] = []
            var next: String?
            repeat {
                let page = try await tables(after: next, size: 1_000)
                let known = page.names.compactMap(names.collection(of:))
                let found = await each(known) { [self] (name) async throws(StoreError) in
                    try await definition(name)?.definition ?? CollectionDefinition(name)
                }
                for result in found { definitions.append(try result.get()) }
                next = page.next
            } while next != nil
            return definitions.sorted { $0.name < $1.name }
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await door.enter { () async throws(StoreError) in
            try definition.refuseUniqueIndexes()
            try definition.check()
            guard definition.defaultLifetime == nil else {
                throw StoreError(
                    .unsupported,
                    "This store has no expiry of documents; leave out the default lifetime.",
                    context: .init(collection: definition.name)
                )
            }
            try await createTable(definition.name)
            _ = try await contended.run(definition.name) { () async throws(StoreError) -> Bool? in
                try await define(definition) ? true : nil
            }
        }
    }

    /// Throws `collectionNotFound` unless there is a table.
    func require(_ collection: CollectionName) async throws(StoreError) {
        let table = try names.table(of: collection)
        guard try await gateway.entities(table, partition: nil, after: nil, size: 1, keysOnly: true, collection) != nil
        else {
            throw Self.missing(collection)
        }
    }

    /// One page of the tables of the account.
    func tables(after place: String?, size: Int) async throws(StoreError) -> (names: [String], next: String?) {
        var query = [("$top", "\(size)")]
        if let place { query.append(("NextTableName", place)) }
        let response: HTTPResponse
        do throws(AzureError) {
            response = try await gateway.send(
                .init(operation: "list_tables", method: .get, path: "Tables", query: query)
            )
            .response
        } catch {
            throw error.storeError()
        }
        guard case .array(let elements)? = TableGateway.json(response)?["value"] else {
            throw TableGateway.strange(.init())
        }
        var names: [String] = []
        for case .document(let element) in elements {
            if case .string(let name)? = element["TableName"] { names.append(name) }
        }
        return (names, response.headers["x-ms-continuation-NextTableName"])
    }

    private func createTable(_ collection: CollectionName) async throws(StoreError) {
        let table = try names.table(of: collection)
        let context = StoreError.Context(collection: collection)
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await gateway.send(
                .init(
                    operation: "create_table",
                    method: .post,
                    path: "Tables",
                    headers: ["Prefer": "return-no-content"],
                    body: Array("{\"TableName\":\"\(table)\"}".utf8),
                    effect: .repeatableWrite,
                    answers: [409]
                )
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 409 || answer.facts.errorCode == "TableAlreadyExists" else {
            throw StoreError(
                .busy,
                "The table is being deleted; try again once the service has finished.",
                context: context
            )
        }
    }

    /// Writes the definition over the one that is there; false when another process was faster.
    private func define(_ definition: CollectionDefinition) async throws(StoreError) -> Bool {
        let existing = try await self.definition(definition.name)
        let merged = try existing?.definition.merged(with: definition) ?? definition
        if merged == existing?.definition { return true }
        let kind: EntityChange.Kind = if let existing { .replaceVersion(existing.tag) } else { .insert }
        let change = EntityChange(
            kind: kind,
            key: .definition,
            properties: EntityForm.properties(
                of: ["name": .string(merged.name.text), "settings": .document(merged.settings)]
            )
        )
        switch try await perform(change, merged.name) {
        case .refused: return false
        case .ended(.unknown(let error)): throw error
        case .ended: return true
        }
    }

    private func definition(
        _ name: CollectionName
    ) async throws(StoreError) -> (definition: CollectionDefinition, tag: String)? {
        guard let found = try await gateway.entity(try names.table(of: name), .definition, name) else { return nil }
        guard let entity = try? found.get(), let body = try? EntityForm.document(entity.properties),
            body["name"] == .string(name.text), case .document(let settings)? = body["settings"],
            let definition = CollectionDefinition(name, defaultLifetime: nil, settings: settings)
        else {
            throw StoreError(
                .corrupt,
                "The definition of a collection is damaged; correct or delete its entity.",
                context: .init(collection: name)
            )
        }
        return (definition, entity.etag)
    }
}
