/// How much of a folder is archived.
public struct FolderArchiveSummary: Sendable, Hashable {
    /// The files that were sent.
    public private(set) var uploadedFiles = 0
    /// The bytes of the files that were sent.
    public private(set) var uploadedBytes = 0
    /// The files that were there already.
    public private(set) var alreadyThereFiles = 0
    /// The bytes of the files that were there already.
    public private(set) var alreadyThereBytes = 0
    /// The links and special files, which are not archived.
    public private(set) var leftOutEntries = 0
    /// The files and folders that could not be archived.
    public private(set) var failedEntries = 0

    /// Whether everything that is a file is archived.
    public var isComplete: Bool { failedEntries == 0 }

    mutating func count(_ entry: ArchivedEntry) {
        switch entry.outcome {
        case .uploaded:
            uploadedFiles += 1
            uploadedBytes += entry.byteCount
        case .alreadyThere:
            alreadyThereFiles += 1
            alreadyThereBytes += entry.byteCount
        case .symbolicLink, .special: leftOutEntries += 1
        case .failed: failedEntries += 1
        }
    }
}
