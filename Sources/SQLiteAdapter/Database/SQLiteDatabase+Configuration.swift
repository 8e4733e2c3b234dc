extension SQLiteDatabase {
    /// How a file is opened. The defaults keep every acknowledged write through a loss of power.
    public struct Configuration: Sendable {
        /// Whether the file may be written to. The default is `.readWrite`, which creates a file that is missing.
        public var access: Access = .readWrite

        /// When a commit counts as done. The default is `.full`.
        public var durability: Durability = .full

        /// How long a call waits for other processes that write to the same file before it fails with `busy`. Default 5 s.
        ///
        /// A deadline for the whole wait, not a pause between attempts.
        public var busyTimeout: Duration = .seconds(5)

        /// How many threads scans and queries run on; at least 1. The default is 2. Point reads need none.
        public var readerLaneCount: Int = 2

        /// How much of the file each connection keeps in memory, in bytes. The default is 8 MiB.
        public var pageCacheBytes: Int = 8 << 20

        /// How many bytes of write-ahead log stay on disk once it has been copied into the file. The default is 64 MiB.
        public var maximumIdleLogBytes: Int = 64 << 20

        /// How many changes of documents the change feed keeps; at least 1. The default is 1,000,000.
        ///
        /// A reader of the feed that falls further behind gets the history-lost error and starts again with a scan.
        public var retainedChangeCount: Int = 1_000_000

        /// Makes the default configuration.
        public init() {}
    }

    /// Whether a file may be written to.
    public struct Access: Sendable, Hashable {
        enum Kind { case readOnly, readWrite, existing }
        let kind: Kind

        /// Reads only. Every write fails with `readOnly`; the file must exist and have the current schema.
        public static let readOnly = Access(kind: .readOnly)
        /// Reads and writes; creates the file and its schema if they are missing, and upgrades an older schema.
        public static let readWrite = Access(kind: .readWrite)
        /// Reads and writes a file that must exist.
        public static let existing = Access(kind: .existing)
    }

    /// When a commit counts as done.
    public struct Durability: Sendable, Hashable {
        enum Kind { case full, normal }
        let kind: Kind

        /// `synchronous=FULL`: a commit returns when the disk has it. Required of a store that is part of a migration.
        public static let full = Durability(kind: .full)
        /// `synchronous=NORMAL`: a commit returns when the operating system has it. It survives the death of the process;
        /// a loss of power may take the last commits back, in order, and leaves the file whole.
        public static let normal = Durability(kind: .normal)
    }
}
