internal import MigrationCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A file of this machine, open for reading. Its calls block.
final class LocalFile: Sendable {
    /// What changes when somebody writes to a file.
    struct Facts: Sendable, Equatable {
        var byteCount: Int
        var changedSeconds: Int
        var changedNanoseconds: Int
    }

    /// The file as it was when it was opened.
    let facts: Facts
    private let descriptor: Int32

    /// Opens a file, and nothing that a link leads to.
    init(_ path: String) throws(LocalError) {
        descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalError("open", errno) }
        do throws(LocalError) {
            facts = try Self.facts(of: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// The bytes from an offset on, up to a count of them; none at the end.
    func bytes(from offset: Int, count: Int) throws(LocalError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = unsafe pread(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + filled },
                    count - filled,
                    off_t(offset + filled)
                )
                if read < 0, errno == EINTR { continue }
                if read < 0 { failure = errno }
                guard read > 0 else { return }
                filled += read
            }
        }
        guard failure == 0 else { throw LocalError("read", failure) }
        return bytes
    }

    /// Throws unless the file is as it was when it was opened.
    func checkUnchanged() throws(LocalError) {
        guard try Self.facts(of: descriptor) == facts else {
            throw LocalError(
                StoreError(.versionConflict, "The file was changed while it was read; archive the folder again.")
            )
        }
    }

    private static func facts(of descriptor: Int32) throws(LocalError) -> Facts {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw LocalError("stat", errno) }
        #if canImport(Darwin)
        let changed = status.st_mtimespec
        #else
        let changed = status.st_mtim
        #endif
        return Facts(
            byteCount: Int(status.st_size),
            changedSeconds: Int(changed.tv_sec),
            changedNanoseconds: Int(changed.tv_nsec)
        )
    }
}

/// Why a file or folder of this machine cannot be archived.
struct LocalError: Error {
    let error: StoreError

    init(_ error: StoreError) { self.error = error }

    /// An error of the system, by its number.
    init(_ action: String, _ number: Int32) {
        error =
            switch number {
            case EACCES, EPERM: StoreError(.notPermitted, "The file may not be read; grant the process access to it.")
            case ENOENT: StoreError(.versionConflict, "The file was removed meanwhile; archive the folder again.")
            case EMFILE, ENFILE: StoreError(.busy, "The process has too many open files; archive fewer at a time.")
            default: StoreError(.unavailable, "The system failed to \(action) the file, with error number \(number).")
            }
    }
}
