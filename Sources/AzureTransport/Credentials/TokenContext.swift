package import MigrationCore

/// How the account that needs a token reaches the network and tells the time.
///
/// Accounts make it and lend it to their credential, so identity endpoints are asked over the account's own transport, with its
/// proxy and certificates, and tests own clock and randomness. A credential of your own passes it on or ignores it.
public struct TokenContext: Sendable {
    /// What carries requests to an identity provider.
    package let transport: any HTTPTransport
    /// What carries requests to a metadata endpoint beside the machine, past any proxy.
    package let directTransport: any HTTPTransport
    package let timeline: Timeline
    package let wallClock: @Sendable () -> WallTime
    package let random: RandomSource
    package let metrics: AzureMetrics

    /// - Parameter directTransport: one without a proxy, for metadata endpoints; by default the same.
    package init(
        transport: any HTTPTransport,
        directTransport: (any HTTPTransport)? = nil,
        timeline: Timeline = Timeline(ContinuousClock()),
        wallClock: @escaping @Sendable () -> WallTime = { .now() },
        random: RandomSource = .system,
        metrics: AzureMetrics = AzureMetrics()
    ) {
        self.transport = transport
        self.directTransport = directTransport ?? transport
        self.timeline = timeline
        self.wallClock = wallClock
        self.random = random
        self.metrics = metrics
    }
}

extension TokenContext: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "the context of an account" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
