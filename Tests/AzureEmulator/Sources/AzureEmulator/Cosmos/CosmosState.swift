/// A database and its containers.
struct CosmosDatabase: Sendable {
    let number: UInt32
    let rid: String
    var json: JSON
    var containers: [ByteString: CosmosContainer] = [:]
}

/// What tests may set at `/_emulator/cosmos/settings`.
struct CosmosSettings: Sendable {
    /// How many ranges a new container has.
    var ranges = 1
    /// Whether a page without documents comes before each page of a query.
    var sendsEmptyPages = false
    /// Whether the account has no throughput of its own.
    var isServerless = false
    /// Whether the change feed can show all versions and deletes.
    var keepsAllVersions = true
    /// Whether a container's throughput is a limit.
    var enforcesThroughput = false
    /// So many more reads with a session token find a replica that is behind.
    var laggingReads = 0
    var consistency = "Session"
    /// The regions in place of the emulator's own address, as `GET /` lists them.
    var writableLocations: JSON?
    var readableLocations: JSON?

    /// Sets one of them; false if it is unknown or of another type.
    mutating func set(_ name: String, _ value: JSON) -> Bool {
        switch (name, value.integer, value.bool, value.string) {
        case ("ranges", let count?, _, _) where (1...64).contains(count): ranges = count
        case ("laggingReads", let count?, _, _) where count >= 0: laggingReads = count
        case ("emptyPages", _, let flag?, _): sendsEmptyPages = flag
        case ("serverless", _, let flag?, _): isServerless = flag
        case ("allVersions", _, let flag?, _): keepsAllVersions = flag
        case ("enforceThroughput", _, let flag?, _): enforcesThroughput = flag
        case ("consistency", _, _, let text?): consistency = text
        case ("writableLocations", _, _, _): writableLocations = value == .null ? nil : value
        case ("readableLocations", _, _, _): readableLocations = value == .null ? nil : value
        default: return false
        }
        return true
    }
}

/// Everything that the service keeps.
struct CosmosState: Sendable {
    var databases: [ByteString: CosmosDatabase] = [:]
    /// The throughput of databases and containers, by the offer's identifier.
    var offers: [String: JSON] = [:]
    var settings = CosmosSettings()
    /// With the rule broken that a database takes its containers along: what is left of it.
    var forgotten: [ByteString: [ByteString: CosmosContainer]] = [:]
    /// The units of all answers.
    var charged = 0.0
    var nextDatabase: UInt32 = 1
    var nextContainer: UInt32 = 1
    var nextOffer: UInt32 = 1

    func database(_ id: String) throws(CosmosError) -> CosmosDatabase {
        guard let database = databases[ByteString(id)] else { throw .notFound }
        return database
    }

    func container(_ database: String, _ id: String) throws(CosmosError) -> CosmosContainer {
        guard let container = databases[ByteString(database)]?.containers[ByteString(id)] else { throw .notFound }
        return container
    }

    /// The offer of a resource, by the resource's own link.
    func offer(of link: String) -> JSON? { offers.values.first { $0["resource"]?.string == link } }

    /// The units a second of a resource, whichever way they are given.
    func throughput(of link: String) -> Double? {
        let content = offer(of: link)?["content"]
        return content?["offerAutopilotSettings"]?["maxThroughput"]?.double ?? content?["offerThroughput"]?.double
    }
}
