internal import Foundation

/// The temporary folder that the demo's files are in.
struct Workspace {
    /// The path of the folder.
    let path: String
    private let keeps: Bool

    /// Makes the folder; `TMPDIR` says where.
    init(keeps: Bool) throws {
        self.keeps = keeps
        path = FileManager.default.temporaryDirectory.path + "/cutover-demo-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes the folder unless it is to be kept.
    func remove() {
        if keeps { return print("the files are in \(path)") }
        try? FileManager.default.removeItem(atPath: path)
    }
}
