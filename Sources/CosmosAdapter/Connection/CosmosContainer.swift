internal import CutoverAzureTransport
internal import MigrationCore

/// A container as the service describes it.
struct CosmosContainer: Sendable {
    let name: String
    /// Its identity: another one after it was deleted and created again.
    let rid: String
    let shape: ContainerShape
    /// The seconds that items live by default, -1 for ever; nil when the container has no lifetimes.
    let defaultSeconds: Int?
    /// The paths of its unique keys.
    let uniqueKeys: [String]
    /// The whole description, for a replacement of it.
    let description: Document

    init?(_ description: Document) {
        guard case .string(let name)? = description["id"], case .string(let rid)? = description["_rid"] else {
            return nil
        }
        (self.name, self.rid, self.description) = (name, rid, description)
        var paths: [FieldPath] = []
        var (isHierarchical, version) = (false, 1)
        if case .document(let key)? = description["partitionKey"] {
            if case .array(let texts)? = key["paths"] {
                for case .string(let text) in texts { paths.append(Self.path(text)) }
            }
            isHierarchical = key["kind"] == .string("MultiHash")
            if case .int32(let number)? = key["version"] { version = Int(number) }
        }
        shape = ContainerShape(paths: paths, isHierarchical: isHierarchical, hashVersion: version)
        switch description["defaultTtl"] {
        case .int32(let number)?: defaultSeconds = Int(number)
        default: defaultSeconds = nil
        }
        var uniqueKeys: [String] = []
        if case .document(let policy)? = description["uniqueKeyPolicy"], case .array(let keys)? = policy["uniqueKeys"] {
            for case .document(let key) in keys {
                guard case .array(let texts)? = key["paths"] else { continue }
                uniqueKeys.append(
                    texts.compactMap { if case .string(let text) = $0 { text } else { nil } }.joined(separator: ",")
                )
            }
        }
        self.uniqueKeys = uniqueKeys
    }

    /// A path as the service writes it: `/a/b`, with quotes around what is no plain name.
    static func text(of path: FieldPath) -> String {
        path.components.map { component in
            let isPlain = component.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Self.isAlphanumeric($0) }
            guard !isPlain || component.isEmpty else { return "/\(component)" }
            var quoted: [UInt8] = []
            ExtendedJSON.writeValue(.string(component), mode: .relaxed, into: &quoted)
            return "/" + String(decoding: quoted, as: UTF8.self)
        }.joined()
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: byte >= 0x80
        }
    }

    private static func path(_ text: String) -> FieldPath {
        var components: [String] = []
        var rest = text[...]
        while rest.first == "/" {
            rest.removeFirst()
            if rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") {
                components.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let end = rest.firstIndex(of: "/") ?? rest.endIndex
                components.append(String(rest[..<end]))
                rest = rest[end...]
            }
        }
        return FieldPath(components: components)
    }
}

extension CosmosGateway {
    func path(_ container: String, _ rest: String...) -> [String] { ["dbs", database, "colls", container] + rest }

    /// Reads a container; nil when there is none.
    func container(_ name: String, _ context: StoreError.Context) async throws(StoreError) -> CosmosContainer? {
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(
                Call(operation: "read_container", method: .get, path: path(name), answers: [404])
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 404 else { return nil }
        guard let document = Self.json(answer.response), let container = CosmosContainer(document) else {
            throw Self.strange(context)
        }
        return container
    }

    /// Creates a container; nil when another process was faster.
    func createContainer(
        _ definition: Document,
        _ throughput: CosmosThroughput,
        _ context: StoreError.Context
    ) async throws(StoreError) -> CosmosContainer? {
        var headers: HTTPHeaders = [:]
        if let header = throughput.header { headers[header.name] = header.value }
        let answer: AzureAnswer<HTTPResponse>
        do throws(AzureError) {
            answer = try await send(
                Call(
                    operation: "create_container",
                    method: .post,
                    path: ["dbs", database, "colls"],
                    headers: headers,
                    body: definition.jsonBytes(),
                    effect: .repeatableWrite,
                    answers: [409]
                )
            )
        } catch {
            throw error.storeError(context)
        }
        guard answer.response.status != 409 else { return nil }
        guard let document = Self.json(answer.response), let container = CosmosContainer(document) else {
            throw Self.strange(context)
        }
        return container
    }

    /// Makes sure that the database is there.
    func ensureDatabase(creating: Bool) async throws(StoreError) {
        let context = StoreError.Context()
        do throws(AzureError) {
            let answer = try await send(
                Call(operation: "read_database", method: .get, path: ["dbs", database], answers: [404])
            )
            guard answer.response.status == 404 else { return }
            guard creating else {
                throw AzureError.missingDatabase
            }
            let body: Document = ["id": .string(database)]
            _ = try await send(
                Call(
                    operation: "create_database",
                    method: .post,
                    path: ["dbs"],
                    body: body.jsonBytes(),
                    effect: .repeatableWrite,
                    answers: [409]
                )
            )
        } catch {
            if error.kind == .refused, error.facts == nil {
                throw StoreError(
                    .invalidConfiguration,
                    "The account has no such database; create it, or set createsDatabase."
                )
            }
            throw error.storeError(context)
        }
    }
}

extension AzureError {
    /// Stands for a database that is not there and shall not be created.
    fileprivate static var missingDatabase: AzureError { AzureError(.refused, service: .cosmos) }
}
