package import MigrationCore

/// What a store needs from outside: the way to its server, time and randomness.
package struct AzureEnvironment: Sendable {
    package var transport: any HTTPTransport
    /// A way without a proxy, for metadata endpoints beside the machine; nil takes the other one.
    package var directTransport: (any HTTPTransport)?
    package var timeline: Timeline
    /// What signatures are dated by, and events recorded.
    package var wallClock: @Sendable () -> WallTime
    package var random: RandomSource

    package init(
        transport: any HTTPTransport,
        directTransport: (any HTTPTransport)? = nil,
        timeline: Timeline = Timeline(ContinuousClock()),
        wallClock: @escaping @Sendable () -> WallTime = { .now() },
        random: RandomSource = .system
    ) {
        self.transport = transport
        self.directTransport = directTransport
        self.timeline = timeline
        self.wallClock = wallClock
        self.random = random
    }
}

extension StorageAccount {
    /// Makes the pipeline of one of the account's services.
    ///
    /// - Parameter deadline: how long one call may take with all its attempts.
    package func pipeline(
        for service: Service,
        deadline: Duration,
        in environment: AzureEnvironment
    ) -> AzurePipeline {
        var policy = RetryPolicy.azure
        policy.deadline = deadline
        let context = TokenContext(
            transport: environment.transport,
            directTransport: environment.directTransport,
            timeline: environment.timeline,
            wallClock: environment.wallClock,
            random: environment.random
        )
        return AzurePipeline(
            service: service.azureService,
            transport: environment.transport,
            signer: signer(for: service, context: context),
            policy: policy,
            timeline: environment.timeline,
            wallClock: environment.wallClock,
            random: environment.random
        )
    }
}

extension RandomSource {
    /// A text that tells one write from every other: 128 random bits.
    package func stamp() -> String { Hex.text(next()) + Hex.text(next()) }
}
