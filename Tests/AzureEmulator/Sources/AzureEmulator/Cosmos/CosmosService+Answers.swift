/// What the answers about documents have in common: their headers, their price, and what a request may be refused for first.
extension CosmosService {
    /// A price as the header writes it.
    static func charge(_ units: Double) -> String {
        CosmosNumber.text((units * 100).rounded() / 100)
    }

    /// The price of a point read and of a write by the size of the document. Likely, and `unconfirmed`.
    static func readCharge(_ bytes: Int) -> Double { max(1, Double(bytes) / 1_024 * 0.5 + 0.5) }
    static func writeCharge(_ bytes: Int) -> Double { 5.71 + Double(bytes) / 1_024 * 1.5 }

    /// An answer about a container's documents.
    func answer(
        _ status: Int,
        _ container: CosmosContainer,
        _ range: CosmosRange?,
        charge: Double,
        body: [UInt8] = []
    ) -> Response {
        if let range { container.budget?.spend(charge, range: range.id) }
        var response = Response(status, body: body)
        if !body.isEmpty { response.set("Content-Type", "application/json") }
        response.set("x-ms-request-charge", Self.charge(charge))
        response.set("x-ms-alt-content-path", container.path)
        response.set("x-ms-content-path", container.rid)
        response.set("lsn", String(range?.lsn ?? container.lsn))
        let ranges = range.map { [$0] } ?? container.ranges
        response.set("x-ms-session-token", ranges.map(\.sessionToken).joined(separator: ","))
        if let range { response.set("x-ms-documentdb-partitionkeyrangeid", range.id) }
        return response
    }

    /// An answer with one document in it.
    func answer(
        _ status: Int,
        _ call: CosmosCall,
        _ container: CosmosContainer,
        item: CosmosItem,
        charge: Double
    ) -> Response {
        let isMinimal = call.wantsMinimum && rules.holds("cosmos.minimal") && call.isWrite
        var response = answer(
            status,
            container,
            container.range(at: item.place),
            charge: charge,
            body: isMinimal ? [] : item.bytes
        )
        response.set("etag", item.etag)
        response.set("x-ms-item-lsn", String(item.lsn))
        return response
    }

    /// Refuses a request if the range has used up its units of this second.
    func admit(_ container: CosmosContainer, _ range: CosmosRange, _ state: CosmosState) throws(CosmosError) {
        guard state.settings.enforcesThroughput else {
            container.budget = nil
            return
        }
        if container.budget == nil {
            guard let units = state.throughput(of: container.link) else { return }
            container.budget = CosmosBudget(perSecond: units)
        }
        guard rules.holds("cosmos.throughput"),
            let wait = container.budget?.wait(range: range.id, of: container.ranges.count)
        else { return }
        container.throttled += 1
        throw .throttled(wait)
    }

    /// A replica that is behind what the client has seen does not answer.
    func checkSession(
        _ call: CosmosCall,
        _ container: CosmosContainer,
        _ ranges: [CosmosRange],
        _ state: inout CosmosState
    )
        throws(CosmosError)
    {
        guard let token = call.header("x-ms-session-token"), !token.isEmpty, rules.holds("cosmos.session") else {
            return
        }
        if state.settings.laggingReads > 0 {
            state.settings.laggingReads -= 1
            throw .sessionNotAvailable
        }
        for part in token.split(separator: ",") {
            let pieces = part.split(separator: ":")
            guard pieces.count == 2, let range = ranges.first(where: { $0.id == pieces[0] }) else { continue }
            let numbers = pieces[1].split(separator: "#")
            guard numbers.count >= 2, let lsn = Int(numbers[1]) else {
                throw .badRequest("The session token is invalid.")
            }
            if lsn > range.lsn { throw .sessionNotAvailable }
        }
    }

    /// A list of documents as the gateway writes it.
    func list(_ container: CosmosContainer, _ documents: [[UInt8]], name: String = "Documents") -> [UInt8] {
        var body = Array("{\"_rid\":\"\(container.rid)\",\"\(name)\":[".utf8)
        body.reserveCapacity(documents.reduce(64) { $0 + $1.count + 1 })
        for (index, document) in documents.enumerated() {
            if index > 0 { body.append(0x2C) }
            body += document
        }
        body += "],\"_count\":\(documents.count)}".utf8
        return body
    }
}
