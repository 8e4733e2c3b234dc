internal import MigrationCore

/// How ``BlobContentStore/archive(folder:options:report:)`` archives a folder.
public struct FolderArchiveOptions: Sendable {
    /// What the names of the contents begin with, such as `"backup/monday/"`. Default: nothing.
    public var prefix = ""
    /// How many files are read and sent at a time; at least 1. Default 4.
    ///
    /// They share ``BlobConfiguration/maximumConcurrentRequests``: in memory are no more blocks than that, and one more for each file.
    public var maximumConcurrentFiles = 4
    /// Of what type the contents are, by the path of the file. Default: `application/octet-stream` for all.
    public var type: @Sendable (String) -> String = { _ in "application/octet-stream" }

    /// Makes options with the defaults.
    public init() {}

    /// The name under which a file is archived.
    ///
    /// Parts of the path stay parts of the name. Letters, digits and `-`, `_` and `.` stay as they are; a dot at an end of a part and
    /// every other byte become `~` and two hexadecimal digits.
    ///
    /// - Parameter path: the path of the file below the folder, with slashes between its parts.
    public func name(of path: String) -> String {
        prefix
            + path.split(separator: "/", omittingEmptySubsequences: false).map(NameSegment.escaped)
            .joined(separator: "/")
    }

    /// The path of the file behind a name; nil for a name that ``name(of:)`` does not make.
    ///
    /// - Parameter name: the name of a content.
    public func path(of name: String) -> String? {
        guard name.utf8.starts(with: prefix.utf8) else { return nil }
        let segments = Substring(name.utf8.dropFirst(prefix.utf8.count)).split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        let parts = segments.compactMap { $0.isEmpty ? nil : NameSegment.text($0) }
        return parts.count == segments.count ? parts.joined(separator: "/") : nil
    }

    func check() throws(StoreError) {
        guard maximumConcurrentFiles >= 1 else {
            throw StoreError(.invalidArgument, "maximumConcurrentFiles is at least 1.")
        }
    }
}
