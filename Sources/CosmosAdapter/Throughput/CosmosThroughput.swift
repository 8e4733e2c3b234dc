internal import MigrationCore

/// What a container or a database may use of the account.
public struct CosmosThroughput: Sendable, Hashable {
    private enum Kind: Hashable {
        case serviceDefault
        case manual(Int)
        case autoscale(Int)
    }

    private let kind: Kind

    /// Nothing is asked for: for a serverless account, or a database whose containers share its throughput.
    public static let serviceDefault = CosmosThroughput(kind: .serviceDefault)

    /// A fixed number of request units per second: 400 or more, in hundreds.
    public static func manual(_ unitsPerSecond: Int) -> CosmosThroughput { .init(kind: .manual(unitsPerSecond)) }

    /// Up to a number of request units per second, as they are used: 1,000 or more, in thousands.
    public static func autoscale(maximum: Int) -> CosmosThroughput { .init(kind: .autoscale(maximum)) }

    /// The request units per second: the fixed number, or the most of autoscale; nil for the service's default.
    public var unitsPerSecond: Int? {
        switch kind {
        case .serviceDefault: nil
        case .manual(let units), .autoscale(let units): units
        }
    }

    /// Whether the service scales it as it is used.
    public var isAutoscale: Bool { if case .autoscale = kind { true } else { false } }

    /// The header of the request that creates a container.
    var header: (name: String, value: String)? {
        switch kind {
        case .serviceDefault: nil
        case .manual(let units): ("x-ms-offer-throughput", "\(units)")
        case .autoscale(let units): ("x-ms-cosmos-offer-autopilot-settings", "{\"maxThroughput\":\(units)}")
        }
    }

    /// Throws `invalidConfiguration` for what the service refuses.
    func check() throws(StoreError) {
        if let problem { throw StoreError(.invalidConfiguration, problem) }
    }

    /// What is wrong with it; nil when nothing is.
    var problem: String? {
        switch kind {
        case .manual(let units) where units < 400 || units % 100 != 0: "Manual throughput is 400 or more, in hundreds."
        case .autoscale(let units) where units < 1_000 || units % 1_000 != 0:
            "Autoscale throughput is 1,000 or more, in thousands."
        default: nil
        }
    }
}
