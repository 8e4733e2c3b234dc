/// A number that grows with every change of a tenant's route, together with the route's random id.
///
/// Every append and read carries the epoch that its caller believes in; the store compares it with its ``Fence``.
public struct Epoch: Sendable, Hashable, CustomStringConvertible {
    /// The number, 1 for a tenant's first route; 0 only before there is one.
    public let number: Int64
    /// The id of the route that the number belongs to.
    public let route: RouteID

    /// Makes an epoch.
    public init(number: Int64, route: RouteID) {
        self.number = number
        self.route = route
    }

    /// The epoch of copier and verifier: it reads past every fence, and never appends.
    public static let maintenance = Epoch(number: .max, route: RouteID(high: 0, low: 0))

    /// The epoch of an application that uses one store without a router.
    public static let unrouted = Epoch(number: 1, route: RouteID(high: 0, low: 0))

    public var description: String { self == .maintenance ? "maintenance" : "\(number)@\(route)" }
}

/// The random id of a route, drawn once when the route is created.
///
/// Two routes that reach the same epoch number are told apart by it: that is how a control store that was restored from the past shows.
public struct RouteID: Sendable, Hashable, CustomStringConvertible {
    /// The upper 64 bits.
    public let high: UInt64
    /// The lower 64 bits.
    public let low: UInt64

    /// Makes an id from its 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws a new id.
    public init(from source: RandomSource) {
        self.init(high: source.next(), low: source.next())
    }

    /// The 32 hexadecimal digits.
    public var description: String { Hex.text(high) + Hex.text(low) }

    /// Reads the 32 hexadecimal digits back; `nil` for anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 32, let high = Hex.number(text.prefix(16)), let low = Hex.number(text.suffix(16))
        else {
            return nil
        }
        self.init(high: high, low: low)
    }
}
