internal import CutoverAzureTransport
internal import MigrationCore

/// The changes of one part of a container, as the service gives them.
struct FeedPage: Sendable {
    /// One changed item: its bytes, and its number, which grows within a range.
    struct Entry: Sendable {
        var bytes: ArraySlice<UInt8>
        var number: Int64
        /// Tells this version of the item from every other.
        var mark: String
        /// What the service tells of an item that was deleted; nil for one that was written.
        var deletion: Document?
    }

    var entries: [Entry]
    /// The token behind all of them.
    var token: String

    /// The part's state right behind an entry.
    func part(_ part: FeedPlace.Part, behind index: Int) -> FeedPlace.Part {
        var part = part
        let entry = entries[index]
        if index == entries.count - 1 {
            (part.token, part.seen) = (token, [])
        } else if entries[index + 1].number > entry.number {
            (part.token, part.seen) = ("\"\(entry.number)\"", [])
        } else {
            // In the midst of a transaction: from before it, without what was given.
            let first = entries[...index].firstIndex { $0.number == entry.number } ?? index
            if first > 0 { (part.token, part.seen) = ("\"\(entries[first - 1].number)\"", []) }
            let given = entries[first...index].map(\.mark)
            part.seen = part.seen.filter { !given.contains($0) } + given
        }
        return part
    }
}

extension CosmosGateway {
    /// Asks for the changes of the first part of a place, which is cut where it spans several ranges.
    ///
    /// - Parameter token: what to ask behind, in place of the part's own token.
    func changes(
        _ place: inout FeedPlace,
        in container: CosmosContainer,
        ranges: ContainerRangeCache,
        limit: Int,
        token: String? = nil
    ) async throws(StoreError) -> FeedPage {
        let context = StoreError.Context(collection: place.collection)
        var attempts = 0
        while true {
            let first = place.parts[0]
            let all = try await ranges.ranges(of: container, self, context)
            guard let range = all.last(where: { $0.minimum <= first.minimum }) else { throw Self.strange(context) }
            if range.maximum < first.maximum {
                place.parts[0].maximum = range.maximum
                var rest = first
                rest.minimum = range.maximum
                place.parts.insert(rest, at: 1)
            }
            var headers: HTTPHeaders = ["A-IM": "Incremental Feed", "x-ms-max-item-count": "\(min(limit, 1_000))"]
            if place.showsAllVersions {
                headers["A-IM"] = "Full-Fidelity Feed"
                headers["x-ms-cosmos-changefeed-wire-format-version"] = "2021-09-15"
            }
            headers["If-None-Match"] = token ?? first.token
            if token == nil { headers["If-Modified-Since"] = place.since }
            if range.minimum < first.minimum || place.parts[0].maximum < range.maximum {
                headers["x-ms-read-key-type"] = "EffectivePartitionKeyRange"
                headers["x-ms-start-epk"] = first.minimum
                headers["x-ms-end-epk"] = place.parts[0].maximum
            }
            do throws(AzureError) {
                let answer = try await send(
                    Call(
                        operation: "read_changes",
                        method: .get,
                        path: path(container.name, "docs"),
                        headers: headers,
                        answers: [304],
                        container: container,
                        range: range.id
                    )
                )
                let page =
                    place.showsAllVersions ? Self.versionPage(answer.response) : Self.feedPage(answer.response)
                if let page { return page }
            } catch  where error.status == 410 && attempts < 8 {
                attempts += 1
                ranges.forget(container)
                continue
            } catch  where error.status == 400 && error.substatus != 1024 && place.showsAllVersions {
                throw Self.noVersions(isStart: first.token == nil, context, error)
            } catch  where error.status == 400 && error.substatus != 1024 && first.token != nil {
                throw FeedPlace.invalid(place.collection)
            } catch {
                throw error.storeError(context)
            }
            throw Self.strange(context)
        }
    }

    private static func feedPage(_ response: HTTPResponse) -> FeedPage? {
        guard let token = response.headers["etag"] else { return nil }
        var page = FeedPage(entries: [], token: token)
        guard response.status != 304 else { return page }
        guard let items = PageSlices.elements(response.body, of: "Documents") else { return nil }
        for bytes in items {
            var entry = FeedPage.Entry(bytes: bytes, number: page.entries.last?.number ?? 0, mark: "")
            // An item that does not parse shares the number of the one before it.
            if let item = try? ExtendedJSON.parse(Array(bytes)) {
                if let number = EventItems.integer(item["_lsn"]) { entry.number = number }
                entry.note(item)
            }
            page.entries.append(entry)
        }
        return page
    }
}
