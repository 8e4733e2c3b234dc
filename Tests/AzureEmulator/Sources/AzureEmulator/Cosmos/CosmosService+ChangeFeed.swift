/// The change feed: the latest version of each document in the order of changes, or all versions and deletes.
extension CosmosService {
    func changeFeed(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ state: inout CosmosState
    )
        throws(CosmosError) -> Response
    {
        let scope = try scope(call, container) ?? CosmosScope(ranges: container.ranges)
        try checkSession(call, container, scope.ranges, &state)
        if let first = scope.ranges.first { try admit(container, first, state) }
        let isFull = call.header("A-IM")?.lowercased().hasPrefix("full-fidelity") ?? false
        let token = call.header("If-None-Match")
        if isFull { try admitAllVersions(call, state.settings) }
        var since = 0
        if token == "*" {
            if rules.holds("cosmos.feed-now") { since = container.lsn }
        } else if let token {
            guard let lsn = Int(token.filter { $0 != "\"" }) else {
                throw .badRequest("The token of the feed is invalid.")
            }
            since = lsn
        } else if isFull {
            // The status of this refusal is unconfirmed.
            throw .badRequest("The feed of all versions starts now or from a token, and not from the beginning.")
        }
        // The status of this refusal is unconfirmed.
        if isFull, since < container.forgotten {
            throw .badRequest("The history of all versions does not reach back so far.")
        }
        var earliest: Int64 = .min
        if let text = call.header("If-Modified-Since"), rules.holds("cosmos.feed-since") {
            guard let moment = Moment(rfc1123: text) else { throw .badRequest("The date of the feed is invalid.") }
            earliest = moment.seconds
        }
        let size = call.pageSize ?? (call.wantsLargePages ? 1_000 : 100)
        let (documents, last) =
            isFull
            ? versions(scope, since: since, size, container)
            : latest(scope, since: since, earliest, size, container)
        return page(documents, last: last, since: since, scope, container)
    }

    /// The statuses of these refusals are unconfirmed.
    private func admitAllVersions(_ call: CosmosCall, _ settings: CosmosSettings) throws(CosmosError) {
        guard settings.keepsAllVersions else {
            throw .badRequest("All versions and deletes are not enabled for the account.")
        }
        // In another format of the wire, a delete has no key.
        guard call.header("x-ms-cosmos-changefeed-wire-format-version") == "2021-09-15" else {
            throw .badRequest("The feed of all versions needs its wire format.")
        }
    }

    private func page(
        _ documents: [[UInt8]],
        last: Int,
        since: Int,
        _ scope: CosmosScope,
        _ container: CosmosContainer
    ) -> Response {
        let range = scope.ranges.count == 1 ? scope.ranges[0] : nil
        let isEnd = documents.isEmpty && rules.holds("cosmos.feed-end")
        var response = answer(
            isEnd ? 304 : 200,
            container,
            range,
            charge: isEnd ? 1 : 1 + Double(documents.count) * 0.03,
            body: isEnd ? [] : list(container, documents)
        )
        response.set("etag", "\"\(rules.holds("cosmos.feed-token") ? last : since)\"")
        response.set("x-ms-item-count", String(documents.count))
        return response
    }

    /// The documents changed after a point, each once, and how far the feed was read.
    private func latest(
        _ scope: CosmosScope,
        since: Int,
        _ earliest: Int64,
        _ size: Int,
        _ container: CosmosContainer
    ) -> ([[UInt8]], Int) {
        var documents: [[UInt8]] = []
        var bytes = 0
        let isLatest = rules.holds("cosmos.feed-latest")
        for index in Self.first(container.log, after: since, \.lsn)..<container.log.count {
            let (lsn, serial) = container.log[index]
            guard let item = container.items[serial], item.lsn == lsn || !isLatest else { continue }
            guard scope.key.map({ $0 == item.key }) ?? true, scope.contains(item.place), item.written >= earliest
            else { continue }
            let isFull = documents.count >= size || bytes >= Self.maximumPageBytes
            // The page ends before this one, and the next begins with it.
            if isFull { return (documents, lsn - 1) }
            let document = item.bytes.dropLast() + Array(",\"_lsn\":\(lsn)}".utf8)
            bytes += document.count
            documents.append(Array(document))
        }
        return (documents, container.lsn)
    }

    /// All versions and deletes after a point.
    private func versions(
        _ scope: CosmosScope,
        since: Int,
        _ size: Int,
        _ container: CosmosContainer
    )
        -> ([[UInt8]], Int)
    {
        var documents: [[UInt8]] = []
        for index in Self.first(container.history, after: since, \.lsn)..<container.history.count {
            let change = container.history[index]
            guard scope.key.map({ $0 == change.key }) ?? true, scope.contains(change.place) else { continue }
            if documents.count >= size { return (documents, change.lsn - 1) }
            documents.append(change.json(container.paths).bytes)
        }
        return (documents, container.lsn)
    }

    /// The index of the first entry with a later number.
    private static func first<Entry>(_ entries: [Entry], after lsn: Int, _ number: (Entry) -> Int) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if number(entries[middle]) <= lsn { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
