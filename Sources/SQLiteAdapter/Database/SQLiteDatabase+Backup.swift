internal import CutoverBlockingLanes
public import MigrationCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

extension SQLiteDatabase {
    /// How far a backup has come.
    public struct BackupProgress: Sendable, Hashable {
        /// The pages of the file.
        public let pageCount: Int
        /// The pages that are still to be copied.
        public let remainingPageCount: Int
    }

    /// Copies the file as it is at this moment into a new file, while it is read and written.
    ///
    /// The copy is a database of its own that ``open(at:configuration:)`` opens. It appears under its name only when it is
    /// complete and on the disk; until then its name ends in `.partial`. A copy of a file is the same file to continuations:
    /// one that was made of it before is refused where it is ahead of the copy.
    ///
    /// - Parameters:
    ///   - path: Where the copy goes; nothing may be there.
    ///   - pagesPerStep: How many pages are copied between two looks at cancellation and progress, at least 1.
    ///   - progress: Called after each step, on the caller's executor.
    /// - Throws: `invalidArgument` when there is something at `path`, `unavailable`, `diskFull`, `cancelled` (the partial file
    ///   is removed), `busy`, `closed`.
    public func backUp(
        to path: String,
        pagesPerStep: Int = 256,
        progress: (BackupProgress) -> Void = { _ in }
    ) async throws(StoreError) {
        guard pagesPerStep >= 1 else {
            throw StoreError(.invalidArgument, "Copy at least 1 page per step, not \(pagesPerStep).")
        }
        guard !File.exists(path) else {
            throw StoreError(.invalidArgument, "There is a file where the backup should go; name another one.")
        }
        try requireOpen()
        let partial = path + ".partial"
        File.remove(partial)
        let lane = Lane(name: "sqlite-backup")
        let (source, timeout) = (self.path, configuration.busyTimeout)
        do throws(StoreError) {
            let copy = try await lane.runThrowing { () throws(StoreError) in
                try BackupCopy(from: source, to: partial, busyTimeout: timeout)
            }
            do throws(StoreError) {
                var left = Int.max
                while left > 0 {
                    let step = try await lane.runThrowing { () throws(StoreError) in try copy.step(pagesPerStep) }
                    progress(step)
                    left = step.remainingPageCount
                }
            } catch {
                lane.submit { copy.finish() }
                throw error
            }
            lane.submit { copy.finish() }
            await lane.stopped()
            try File.publish(partial, as: path)
        } catch {
            await lane.stopped()
            File.remove(partial)
            throw error
        }
    }
}

/// What a backup needs of the file system.
private enum File {
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func remove(_ path: String) { unsafe _ = unlink(path) }

    /// Gives a complete file its name, durably: the folder is synced as well.
    static func publish(_ partial: String, as path: String) throws(StoreError) {
        guard unsafe link(partial, path) == 0 else {
            throw StoreError(.unavailable, "The backup could not be given its name; system error \(errno).")
        }
        remove(partial)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
