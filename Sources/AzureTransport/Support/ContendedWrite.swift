package import MigrationCore

/// A write under the version that was read before it, tried until no other writer comes in between.
package struct ContendedWrite: Sendable {
    private let timeline: Timeline
    private let deadline: Duration
    private let random: RandomSource

    /// - Parameter deadline: how long the attempts may take together.
    package init(timeline: Timeline, deadline: Duration, random: RandomSource) {
        self.timeline = timeline
        self.deadline = deadline
        self.random = random
    }

    /// Makes attempts, with growing pauses, until one of them has a result.
    ///
    /// - Parameter attempt: reads, decides and writes; nil when another writer was first, and nothing was applied.
    /// - Throws: `busy` when the time is over; what an attempt throws.
    package func run<Value>(
        _ collection: CollectionName?,
        _ attempt: () async throws(StoreError) -> Value?
    ) async throws(StoreError) -> Value {
        let end = timeline.now + deadline
        var random = random
        var pause = Duration.milliseconds(2)
        while true {
            if let value = try await attempt() { return value }
            guard timeline.now < end else {
                throw StoreError(
                    .busy,
                    "Other writers of the document were first each time; try again, or have fewer of them.",
                    context: .init(collection: collection)
                )
            }
            try await timeline.sleep(for: pause * Double.random(in: 0..<1, using: &random))
            pause = min(pause * 2, .milliseconds(100))
        }
    }
}
