internal import CutoverAzureTransport
internal import MigrationCore

/// Where a walk through a container goes on: the parts that are left, in the order of effective keys.
///
/// A part whose range was begun has the service's continuation, which means nothing to us. When the range is split, each
/// child goes on with its parent's.
struct WalkPlace: Sendable {
    struct Part: Sendable, Hashable {
        var minimum: String
        var maximum: String
        var token: String?
    }

    var parts: [Part]

    init(parts: [Part]) { self.parts = parts }

    /// Everything between two effective keys.
    init(from minimum: String, to maximum: String) {
        parts = [Part(minimum: minimum, maximum: maximum, token: nil)]
    }

    /// Everything in a container.
    static let whole = WalkPlace(from: "", to: "FF")

    /// Reads what ``text`` writes.
    init?(_ text: String) {
        guard let document = try? Document(json: text), case .array(let elements)? = document["parts"],
            !elements.isEmpty
        else { return nil }
        parts = []
        for element in elements {
            guard case .array(let values) = element, (2...3).contains(values.count),
                case .string(let minimum) = values[0], case .string(let maximum) = values[1]
            else { return nil }
            var part = Part(minimum: minimum, maximum: maximum, token: nil)
            if values.count == 3, case .string(let token) = values[2] { part.token = token }
            parts.append(part)
        }
    }

    var text: String {
        let parts = self.parts.map { part in
            Value.array([.string(part.minimum), .string(part.maximum)] + (part.token.map { [.string($0)] } ?? []))
        }
        let document: Document = ["parts": .array(parts)]
        return document.json(.canonical)
    }
}

/// One page of a walk.
struct WalkPage: Sendable {
    /// The items, as they stand.
    var items: [ArraySlice<UInt8>]
    /// Where the next page begins; nil at the end. A page may be empty and still have one.
    var next: WalkPlace?
}

/// Walks through the items of a container that a query selects: within a partition, or range by range.
struct CollectionWalk: Sendable {
    let gateway: CosmosGateway
    let container: CosmosContainer
    let collection: CollectionName?
    let query: ItemQuery
    /// The header of the partition that the walk stays in.
    var partition: String?
    /// Where the walk begins.
    var start = WalkPlace.whole
    let ranges: ContainerRangeCache

    private var context: StoreError.Context { StoreError.Context(collection: collection) }

    /// The next page.
    ///
    /// - Parameter size: the most items of it.
    func page(after place: WalkPlace, size: Int) async throws(StoreError) -> WalkPage {
        var place = place
        var attempts = 0
        while true {
            guard let first = place.parts.first else { return WalkPage(items: [], next: nil) }
            var call = CosmosGateway.Call(
                operation: "query_items",
                method: .post,
                path: gateway.path(container.name, "docs"),
                headers: query.headers(size: size),
                body: query.body,
                container: container
            )
            if let partition {
                call.headers["x-ms-documentdb-partitionkey"] = partition
            } else {
                let range = try await range(at: first.minimum)
                if range.maximum < first.maximum {
                    // The part spans several ranges: it is cut, and each piece goes on from the same place.
                    place.parts[0].maximum = range.maximum
                    place.parts.insert(
                        .init(minimum: range.maximum, maximum: first.maximum, token: first.token),
                        at: 1
                    )
                }
                call.range = range.id
                if range.minimum < first.minimum || place.parts[0].maximum < range.maximum {
                    call.headers["x-ms-read-key-type"] = "EffectivePartitionKeyRange"
                    call.headers["x-ms-start-epk"] = first.minimum
                    call.headers["x-ms-end-epk"] = place.parts[0].maximum
                }
            }
            call.headers["x-ms-continuation"] = first.token
            do throws(AzureError) {
                let answer = try await gateway.send(call)
                return try page(answer.response, place)
            } catch  where error.status == 410 && attempts < 8 {
                attempts += 1
                ranges.forget(container)
            } catch  where error.status == 400 && error.substatus != 1024 && first.token != nil {
                throw StoreError(
                    .invalidContinuation,
                    "The service does not accept the continuation; begin again without one.",
                    context: context,
                    underlying: error
                )
            } catch {
                throw error.storeError(context)
            }
        }
    }

    private func page(_ response: HTTPResponse, _ place: WalkPlace) throws(AzureError) -> WalkPage {
        guard let items = PageSlices.elements(response.body, of: "Documents") else {
            throw AzureError(.transport, service: .cosmos)
        }
        var place = place
        if let token = response.headers["x-ms-continuation"], !token.isEmpty {
            place.parts[0].token = token
        } else {
            place.parts.removeFirst()
        }
        return WalkPage(items: items, next: place.parts.isEmpty ? nil : place)
    }

    private func range(at minimum: String) async throws(StoreError) -> PhysicalRange {
        let all = try await ranges.ranges(of: container, gateway, context)
        guard let range = all.last(where: { $0.minimum <= minimum }) else { throw CosmosGateway.strange(context) }
        return range
    }
}

/// A query in the service's SQL.
struct ItemQuery: Sendable {
    var text: String
    var parameters: [(name: String, value: Value)] = []

    /// All items but the definition of the collection.
    static func all(and condition: String? = nil, _ parameters: [(name: String, value: Value)] = []) -> ItemQuery {
        let rest = condition.map { " AND (\($0))" } ?? ""
        return ItemQuery(
            text: "SELECT * FROM c WHERE c.id != @definition\(rest)",
            parameters: [("@definition", .string(ItemID.definition))] + parameters
        )
    }

    var body: [UInt8] {
        let parameters: [Value] = self.parameters.map { ["name": .string($0.name), "value": $0.value] }
        let document: Document = ["query": .string(text), "parameters": .array(parameters)]
        return document.jsonBytes()
    }

    func headers(size: Int) -> HTTPHeaders {
        [
            "Content-Type": "application/query+json", "x-ms-documentdb-isquery": "True",
            "x-ms-max-item-count": "\(min(max(1, size), 1_000))",
        ]
    }
}

/// The ranges of containers, as far as they are known.
final class ContainerRangeCache: Sendable {
    private let known = Locked<[String: [PhysicalRange]]>([:])

    func ranges(
        of container: CosmosContainer,
        _ gateway: CosmosGateway,
        _ context: StoreError.Context
    ) async throws(StoreError) -> [PhysicalRange] {
        if let ranges = known.withLock({ $0[container.rid] }) { return ranges }
        let ranges = try await gateway.ranges(of: container, context)
        known.withLock { $0[container.rid] = ranges }
        return ranges
    }

    /// After a split or a merge: they are read again.
    func forget(_ container: CosmosContainer) { known.withLock { $0[container.rid] = nil } }
}
