internal import MigrationCore

/// The sole right to write a blob for a while: writers that do not name it are refused.
///
/// A lease ends by itself, also while a request of its holder is on its way. So it keeps programs from getting in each other's way; what
/// keeps data right is a condition on the version, such as ``BlobContentOptions/condition``, together with it.
public struct BlobLease: Sendable, Hashable {
    /// Under which name the content lies.
    public let name: String
    /// What the holder proves it by. Whoever knows it may write, renew and release.
    public let id: String
    /// How long it lasts without a renewal; nil for ever.
    public let duration: Duration?

    /// Makes the lease that another process has acquired and handed over.
    public init(name: String, id: String, duration: Duration?) {
        self.name = name
        self.id = id
        self.duration = duration
    }

    /// What the service takes.
    static let durations: ClosedRange<Duration> = .seconds(15) ... .seconds(60)

    /// The seconds that the service is told: -1 for ever.
    ///
    /// - Throws: `invalidArgument` for a duration that the service does not take.
    static func seconds(_ duration: Duration?) throws(StoreError) -> Int64 {
        guard let duration else { return -1 }
        guard durations.contains(duration), duration.components.attoseconds == 0 else {
            throw StoreError(.invalidArgument, "A lease lasts for 15 to 60 whole seconds, or for ever.")
        }
        return duration.components.seconds
    }
}

extension BlobLease: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// That it is a lease; neither the name of the content nor the id.
    public var description: String { "a lease of a blob" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["lease": description]) }
}
