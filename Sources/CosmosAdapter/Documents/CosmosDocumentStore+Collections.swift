internal import CutoverAzureTransport
public import MigrationCore

extension CosmosDocumentStore {
    public func collections() async throws(StoreError) -> [CollectionDefinition] {
        try await door.enter { () async throws(StoreError) -> [CollectionDefinition] in
            let containers = try await gateway.containers()
            let found = await each(containers) { [self] (container) async throws(StoreError) -> CollectionDefinition? in
                guard let name = names.collection(of: container.name), !EventItems.isLog(container) else { return nil }
                return try await definition(name, container)?.definition ?? foreignDefinition(name, container)
            }
            var definitions: [CollectionDefinition] = []
            for result in found { if let definition = try result.get() { definitions.append(definition) } }
            return definitions.sorted { $0.name < $1.name }
        }
    }

    public func ensureCollection(_ definition: CollectionDefinition) async throws(StoreError) {
        try await door.enter { () async throws(StoreError) in
            try definition.refuseUniqueIndexes()
            try definition.check()
            guard definition.defaultLifetime == nil || configuration.keepsLifetimes else {
                throw StoreError(
                    .unsupported,
                    "This store has no expiry of documents; set keepsLifetimes, or leave out the default lifetime.",
                    context: .init(collection: definition.name)
                )
            }
            _ = try await contended.run(definition.name) { () async throws(StoreError) -> Bool? in
                guard let container = try await ensureContainer(definition) else { return nil }
                return try await define(definition, container) ? true : nil
            }
        }
    }

    /// The container of a collection, made if it is missing; nil when another process was faster.
    private func ensureContainer(_ definition: CollectionDefinition) async throws(StoreError) -> CosmosContainer? {
        let context = StoreError.Context(collection: definition.name)
        let name = try names.container(of: definition.name)
        if let container = try await gateway.container(name, context) {
            let paths = container.shape.isSynthetic ? [] : container.shape.paths
            guard paths == definition.partitionPaths else {
                throw StoreError(
                    .collectionMismatch,
                    "The container exists with another partition key; create another one and move the documents.",
                    context: context
                )
            }
            guard configuration.keepsLifetimes,
                container.defaultSeconds == nil || container.defaultSeconds != seconds(of: definition)
            else {
                remember(container, of: definition.name)
                return container
            }
            let changed = try await gateway.replaceContainer(
                container,
                defaultSeconds: seconds(of: definition),
                context
            )
            remember(changed, of: definition.name)
            return changed
        }
        let created = try await gateway.createContainer(
            description(definition, name),
            configuration.throughput,
            context
        )
        if let created { remember(created, of: definition.name) }
        return created
    }

    private func seconds(of definition: CollectionDefinition) -> Int {
        guard let lifetime = definition.defaultLifetime else { return -1 }
        let (seconds, rest) = lifetime.components
        return max(1, min(Int(Int32.max), Int(seconds) + (rest > 0 ? 1 : 0)))
    }

    private func description(_ definition: CollectionDefinition, _ name: String) -> Document {
        let paths =
            definition.partitionPaths.isEmpty
            ? ["/\(ItemForm.partition)"] : definition.partitionPaths.map(CosmosContainer.text(of:))
        var description: Document = [
            "id": .string(name),
            "partitionKey": [
                "paths": .array(paths.map(Value.string)),
                "kind": .string(paths.count > 1 ? "MultiHash" : "Hash"), "version": 2,
            ],
        ]
        if configuration.keepsLifetimes {
            description.append("defaultTtl", .int32(Int32(clamping: seconds(of: definition))))
        }
        if let policy = configuration.indexingPolicy { description.append("indexingPolicy", .document(policy)) }
        if let keys = configuration.uniqueKeys[definition.name], !keys.isEmpty {
            let unique: [Value] = keys.map { paths in
                ["paths": .array(paths.map { .string(CosmosContainer.text(of: $0)) })]
            }
            description.append("uniqueKeyPolicy", ["uniqueKeys": .array(unique)])
        }
        return description
    }

    /// Writes the definition over the one that is there; false when another process was faster.
    private func define(
        _ definition: CollectionDefinition,
        _ container: CosmosContainer
    ) async throws(StoreError) -> Bool {
        let existing = try await self.definition(definition.name, container)
        let merged = try existing?.definition.merged(with: definition) ?? definition
        if merged == existing?.definition { return true }
        var body = merged.settings
        body.append("name", .string(merged.name.text))
        if let lifetime = merged.defaultLifetime {
            body.append("lifetime", .int64(Int64((lifetime.inSeconds * 1_000).rounded())))
        }
        let partition = ItemKey(definitionIn: container.shape)
        var extras = ItemForm.Extras(stamp: environment.random.stamp())
        extras.timeToLive = container.defaultSeconds == nil ? nil : -1
        // Whole, so that no member of it lies on a path of the partition key.
        let wrapped: Document = ["cutoverDefinition": .string(body.json(.canonical))]
        let change = ItemChange(
            kind: existing.map { .replaceVersion($0.tag) } ?? .insert,
            id: ItemID.definition,
            partition: partition.header,
            body: ItemForm.json(wrapped, id: ItemID.definition, key: partition, extras),
            stamp: extras.stamp
        )
        switch try await perform(change, in: container, merged.name) {
        case .refused: return false
        case .ended(.unknown(let error)): throw error
        case .ended: return true
        }
    }

    private func definition(
        _ name: CollectionName,
        _ container: CosmosContainer
    ) async throws(StoreError) -> (definition: CollectionDefinition, tag: String)? {
        let partition = ItemKey(definitionIn: container.shape).header
        guard let item = try await gateway.item(ItemID.definition, partition, in: container, name) else { return nil }
        guard case .string(let json)? = item.body["cutoverDefinition"], let body = try? Document(json: json),
            body["name"] == .string(name.text)
        else { throw Self.damagedDefinition(name) }
        var lifetime: Duration?
        if case .int64(let milliseconds)? = body["lifetime"] { lifetime = .milliseconds(milliseconds) }
        guard let definition = CollectionDefinition(name, defaultLifetime: lifetime, settings: body) else {
            throw Self.damagedDefinition(name)
        }
        return (definition, item.etag)
    }

    /// What the description of a container tells that another program made.
    private func foreignDefinition(_ name: CollectionName, _ container: CosmosContainer) -> CollectionDefinition {
        let seconds = container.defaultSeconds.flatMap { $0 > 0 ? $0 : nil }
        return CollectionDefinition(
            name,
            partitionPaths: container.shape.isSynthetic ? [] : container.shape.paths,
            defaultLifetime: seconds.map { .seconds($0) }
        )
    }

    private static func damagedDefinition(_ name: CollectionName) -> StoreError {
        StoreError(
            .corrupt,
            "The definition of a collection is damaged; correct or delete its item.",
            context: .init(collection: name)
        )
    }
}

extension CosmosGateway {
    /// All containers of the database.
    func containers() async throws(StoreError) -> [CosmosContainer] {
        var containers: [CosmosContainer] = []
        var token: String?
        repeat {
            var headers: HTTPHeaders = ["x-ms-max-item-count": "100"]
            headers["x-ms-continuation"] = token
            let answer: AzureAnswer<HTTPResponse>
            do throws(AzureError) {
                answer = try await send(
                    Call(
                        operation: "list_containers",
                        method: .get,
                        path: ["dbs", database, "colls"],
                        headers: headers
                    )
                )
            } catch {
                throw error.storeError()
            }
            guard case .array(let elements)? = Self.json(answer.response)?["DocumentCollections"] else {
                throw Self.strange(.init())
            }
            for case .document(let element) in elements {
                if let container = CosmosContainer(element) { containers.append(container) }
            }
            token = answer.response.headers["x-ms-continuation"]
        } while token?.isEmpty == false
        return containers
    }

    /// Sets the default lifetime of a container, and leaves the rest of its description as it is.
    func replaceContainer(
        _ container: CosmosContainer,
        defaultSeconds: Int,
        _ context: StoreError.Context
    ) async throws(StoreError) -> CosmosContainer {
        var description = container.description
        for name in ["_rid", "_ts", "_self", "_etag", "_docs", "_sprocs", "_triggers", "_udfs", "_conflicts"] {
            _ = description.removeValue(forKey: name)
        }
        description["defaultTtl"] = .int32(Int32(clamping: defaultSeconds))
        do throws(AzureError) {
            let answer = try await send(
                Call(
                    operation: "replace_container",
                    method: .put,
                    path: path(container.name),
                    body: description.jsonBytes(),
                    effect: .repeatableWrite
                )
            )
            if let document = Self.json(answer.response), let changed = CosmosContainer(document) { return changed }
        } catch {
            throw error.storeError(context)
        }
        throw Self.strange(context)
    }
}
