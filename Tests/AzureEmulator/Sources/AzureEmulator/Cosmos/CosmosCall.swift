/// A request to the service with its path, its body and the headers that decide what it is.
struct CosmosCall: Sendable {
    let request: Request
    /// The segments of the path, percent-decoded.
    let segments: [String]
    /// The type of the resource and its link, as a signature names them.
    let resourceType: String
    let resourceLink: String

    init(_ request: Request) {
        self.request = request
        segments = request.segments
        if segments.count % 2 == 1 {
            resourceType = segments.last ?? ""
            resourceLink = segments.dropLast().joined(separator: "/")
        } else {
            resourceType = segments.count >= 2 ? segments[segments.count - 2] : ""
            let link = segments.joined(separator: "/")
            // Offers are addressed by their identifier, which is signed in small letters.
            resourceLink = resourceType == "offers" ? segments[segments.count - 1].lowercased() : link
        }
    }

    func header(_ name: String) -> String? { request.header(name) }

    func flag(_ name: String) -> Bool { request.header(name)?.equalsIgnoringCase("true") ?? false }

    var isPlan: Bool { flag("x-ms-cosmos-is-query-plan-request") }
    var isBatch: Bool { flag("x-ms-cosmos-is-batch-request") }
    var isQuery: Bool {
        flag("x-ms-documentdb-isquery") || flag("x-ms-documentdb-query")
            || header("Content-Type")?.hasPrefix("application/query+json") ?? false
    }
    var isUpsert: Bool { flag("x-ms-documentdb-is-upsert") }
    var wantsMinimum: Bool { header("prefer")?.equalsIgnoringCase("return=minimal") ?? false }
    var rangeIdentifier: String? { header("x-ms-documentdb-partitionkeyrangeid") }

    /// The most entries that a page may have; nil leaves it to the service.
    var pageSize: Int? {
        guard let count = header("x-ms-max-item-count").flatMap({ Int($0) }), count > 0 else { return nil }
        return count
    }

    /// Whether the service shall decide how large a page is.
    var wantsLargePages: Bool { header("x-ms-max-item-count") == "-1" }

    /// Whether the request changes something.
    var isWrite: Bool {
        switch request.method {
        case "GET", "HEAD": false
        case "POST": !isQuery && !isPlan
        default: true
        }
    }

    /// The body as JSON.
    func body(maximumDepth: Int = 512) throws(CosmosError) -> JSON {
        guard let json = JSON(parsing: request.body, maximumDepth: maximumDepth) else {
            throw .badRequest("The request payload is invalid.")
        }
        return json
    }

    /// The key of the header, or nil if there is none.
    func key() throws(CosmosError) -> [KeyComponent]? {
        guard let text = header("x-ms-documentdb-partitionkey") else { return nil }
        return try Self.key(text)
    }

    static func key(_ text: String) throws(CosmosError) -> [KeyComponent] {
        guard let elements = JSON(parsing: text)?.array else {
            throw .badRequest("The partition key \(text) is no array of JSON.")
        }
        return elements.map { KeyComponent($0) }
    }
}
