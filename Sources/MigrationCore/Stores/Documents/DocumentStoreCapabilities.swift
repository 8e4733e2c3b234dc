/// What a document store can do and hold. A plan reads it before it starts, so that limits are known before they bite.
public struct DocumentStoreCapabilities: Sendable, Hashable {
    /// What an acknowledged write survives.
    public enum Durability: Sendable, Hashable, Comparable {
        /// Nothing: the store lives and dies with its process.
        case process
        /// A crash of the process, not of the machine.
        case processCrash
        /// A crash of the machine.
        case machineCrash
        /// The loss of a machine, by a majority of replicas.
        case replicated
    }

    /// What the change feed of the store shows; see ``ChangeFeed``.
    public enum ChangeHistory: Sendable, Hashable {
        /// The store has no change feed.
        case none
        /// The latest version of what changed; deletes are not shown.
        case latestVersions
        /// The latest version of what changed, and deletes.
        case latestVersionsAndDeletes
    }

    /// The largest body, in bytes of its BSON; `nil` for the limit of ``DocumentLimits``.
    public var maximumDocumentBytes: Int?
    /// The longest id, in bytes of its text form.
    public var maximumIDBytes: Int
    /// Whether ids may be of other types than text.
    public var acceptsTypedIDs: Bool
    /// The most writes of one transaction; 0 when the store has none.
    public var maximumTransactionWrites: Int
    /// Whether a write creates the collection that it names.
    public var createsCollectionsOnWrite: Bool
    /// Whether documents can expire by themselves.
    public var supportsExpiry: Bool
    /// Whether unique indexes are kept.
    public var supportsUniqueIndexes: Bool
    /// Whether queries may sort by any field.
    public var supportsSort: Bool
    /// What the change feed shows.
    public var changeHistory: ChangeHistory
    /// What an acknowledged write survives.
    public var durability: Durability

    /// Makes a description of a store.
    public init(
        maximumDocumentBytes: Int? = nil,
        maximumIDBytes: Int = 1_023,
        acceptsTypedIDs: Bool = true,
        maximumTransactionWrites: Int = 0,
        createsCollectionsOnWrite: Bool = false,
        supportsExpiry: Bool = false,
        supportsUniqueIndexes: Bool = false,
        supportsSort: Bool = true,
        changeHistory: ChangeHistory = .none,
        durability: Durability
    ) {
        self.maximumDocumentBytes = maximumDocumentBytes
        self.maximumIDBytes = maximumIDBytes
        self.acceptsTypedIDs = acceptsTypedIDs
        self.maximumTransactionWrites = maximumTransactionWrites
        self.createsCollectionsOnWrite = createsCollectionsOnWrite
        self.supportsExpiry = supportsExpiry
        self.supportsUniqueIndexes = supportsUniqueIndexes
        self.supportsSort = supportsSort
        self.changeHistory = changeHistory
        self.durability = durability
    }
}
