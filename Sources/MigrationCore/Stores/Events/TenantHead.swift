/// The end of a tenant's log in one store: the last position, its chained digest, and the fence.
public struct TenantHead: Sendable, Hashable {
    /// The position of the last event, which is also their number; 0 for an empty log.
    public var position: Int64
    /// The chained digest at that position.
    public var digest: LogDigest
    /// The fence.
    public var fence: Fence
    /// The version of the chain's algorithm; see ``LogDigest/algorithmVersion``.
    public var digestVersion: Int32

    /// Makes a head.
    public init(
        position: Int64 = 0,
        digest: LogDigest = .empty,
        fence: Fence,
        digestVersion: Int32 = LogDigest.algorithmVersion
    ) {
        self.position = position
        self.digest = digest
        self.fence = fence
        self.digestVersion = digestVersion
    }

    /// The same place as a checkpoint.
    public var checkpoint: LogCheckpoint { LogCheckpoint(position: position, digest: digest) }
}

/// A place in a tenant's log that can be checked: the position and the digest of everything up to it.
///
/// Valid unchanged in every store that holds the same log.
public struct LogCheckpoint: Sendable, Hashable, CustomStringConvertible {
    /// The position of the last event before this place; 0 at the beginning.
    public let position: Int64
    /// The chained digest at that position.
    public let digest: LogDigest

    /// Makes a checkpoint.
    public init(position: Int64, digest: LogDigest) {
        self.position = position
        self.digest = digest
    }

    /// Before the first event.
    public static let beginning = LogCheckpoint(position: 0, digest: .empty)

    public var description: String { "\(position):\(digest)" }
}
