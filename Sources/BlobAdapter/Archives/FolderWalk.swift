internal import MigrationCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Goes through a folder and all below it, in the order of the names' bytes. Its calls block.
///
/// In memory are the names of the folders on the way to the present place. Links are seen and not followed.
final class FolderWalk: Sendable {
    enum Step: Sendable {
        case file(String)
        case link(String)
        /// A pipe, socket or device.
        case special(String)
        case failed(String, StoreError)
    }

    private struct Level {
        /// The folder's own path below the root, with a slash at its end; empty for the root.
        var path: String
        /// The last one comes first.
        var names: [[UInt8]]
    }

    private let root: String
    private let levels = Locked<[Level]>([])

    /// Reads the names in the folder itself, which may be a link.
    init(_ root: String) throws(LocalError) {
        self.root = root
        let names = try Self.names(in: root, flags: 0)
        levels.withLock { $0 = [Level(path: "", names: names)] }
    }

    /// The next steps, up to a count of them; none at the end.
    func steps(_ count: Int) -> [Step] {
        levels.withLock { levels in
            var steps: [Step] = []
            while steps.count < count, let last = levels.indices.last {
                guard let name = levels[last].names.popLast() else {
                    levels.removeLast()
                    continue
                }
                if let step = step(to: name, &levels) { steps.append(step) }
            }
            return steps
        }
    }

    /// Looks at one name; nil for a folder, which comes next.
    private func step(to bytes: [UInt8], _ levels: inout [Level]) -> Step? {
        let above = levels.last?.path ?? ""
        guard let name = String(validating: bytes, as: UTF8.self) else {
            let error = StoreError(.invalidKey, "The name is not UTF-8; rename the file or folder.")
            return .failed(above + String(decoding: bytes, as: UTF8.self), error)
        }
        let path = above + name
        var status = stat()
        guard unsafe lstat("\(root)/\(path)", &status) == 0 else {
            return .failed(path, LocalError("stat", errno).error)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(path)
        case S_IFLNK: return .link(path)
        case S_IFDIR:
            do throws(LocalError) {
                levels.append(Level(path: path + "/", names: try Self.names(in: "\(root)/\(path)", flags: O_NOFOLLOW)))
                return nil
            } catch {
                return .failed(path, error.error)
            }
        default: return .special(path)
        }
    }

    /// The names in a folder, the last one first.
    private static func names(in folder: String, flags: Int32) throws(LocalError) -> [[UInt8]] {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)
        guard descriptor >= 0 else { throw LocalError("open", errno) }
        guard let handle = unsafe fdopendir(descriptor) else {
            let number = errno
            close(descriptor)
            throw LocalError("open", number)
        }
        // It closes the descriptor, too.
        defer { unsafe _ = closedir(handle) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = unsafe readdir(handle) {
            // Safety: a name ends with a zero within its entry, which stays as it is until the next one is read.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw LocalError("read", errno) }
        return names.sorted { $1.lexicographicallyPrecedes($0) }
    }
}
