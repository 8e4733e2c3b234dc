public import MigrationCore

/// What became of one entry of a folder that is archived.
public struct ArchivedEntry: Sendable {
    /// How it ended.
    public enum Outcome: Sendable {
        /// The file was sent, and is there in this version.
        case uploaded(ETag)
        /// The file was there already, with the same length and checksum.
        case alreadyThere(ETag)
        /// A symbolic link, which is not followed; nothing was archived.
        case symbolicLink
        /// A pipe, socket or device; nothing was archived.
        case special
        /// The file was not archived, or the folder not read, because of this error. The others go on.
        case failed(StoreError)
    }

    /// The path below the folder, with slashes between its parts.
    public let path: String
    /// The name of the content; nil for what is no file.
    public let name: String?
    /// How many bytes the file has; 0 for what is no file, or could not be opened.
    public let byteCount: Int
    /// How it ended.
    public let outcome: Outcome

    init(_ path: String, name: String? = nil, byteCount: Int = 0, _ outcome: Outcome) {
        self.path = path
        self.name = name
        self.byteCount = byteCount
        self.outcome = outcome
    }
}
