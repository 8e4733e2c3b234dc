internal import CutoverAzureTransport
internal import MigrationCore

/// A physical range of a container: the items whose effective keys lie between two bounds.
struct PhysicalRange: Sendable, Hashable {
    let id: String
    /// The first effective key; empty for the first range.
    let minimum: String
    /// The end; `FF` for the last range.
    let maximum: String

    func contains(_ place: String) -> Bool { minimum <= place && place < maximum }
}

extension CosmosGateway {
    /// The ranges of a container as they are now, in order.
    func ranges(
        of container: CosmosContainer,
        _ context: StoreError.Context
    ) async throws(StoreError) -> [PhysicalRange] {
        var found: [String: PhysicalRange] = [:]
        var parents: Set<String> = []
        var etag: String?
        while true {
            var headers: HTTPHeaders = ["A-IM": "Incremental Feed", "x-ms-max-item-count": "-1"]
            headers["If-None-Match"] = etag
            let answer: AzureAnswer<HTTPResponse>
            do throws(AzureError) {
                answer = try await send(
                    Call(
                        operation: "read_ranges",
                        method: .get,
                        path: path(container.name, "pkranges"),
                        headers: headers,
                        answers: [304]
                    )
                )
            } catch {
                throw error.storeError(context)
            }
            if answer.response.status == 304 { break }
            guard case .array(let elements)? = Self.json(answer.response)?["PartitionKeyRanges"] else {
                throw Self.strange(context)
            }
            for case .document(let element) in elements {
                guard case .string(let id)? = element["id"], case .string(let minimum)? = element["minInclusive"],
                    case .string(let maximum)? = element["maxExclusive"]
                else { throw Self.strange(context) }
                found[id] = PhysicalRange(id: id, minimum: minimum, maximum: maximum)
                guard case .array(let ids)? = element["parents"] else { continue }
                for case .string(let parent) in ids { parents.insert(parent) }
            }
            let next = answer.response.headers["etag"]
            if next == nil || next == etag { break }
            etag = next
        }
        let ranges = found.values.filter { !parents.contains($0.id) }.sorted { $0.minimum < $1.minimum }
        let isWhole =
            ranges.first?.minimum == "" && ranges.last?.maximum == "FF"
            && zip(ranges, ranges.dropFirst()).allSatisfy { $0.maximum == $1.minimum }
        guard isWhole else {
            throw StoreError(
                .busy,
                "The container's ranges are just being split or merged; try again.",
                context: context
            )
        }
        tokens.keep(only: Set(ranges.map(\.id)), of: container.rid)
        return ranges
    }
}
