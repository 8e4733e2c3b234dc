internal import CutoverAzureTransport
internal import CutoverBlockingLanes
internal import MigrationCore

extension BlobContentStore {
    /// Archives a folder: each file below it becomes a content of its own.
    ///
    /// ```swift
    /// var options = FolderArchiveOptions()
    /// options.prefix = "backup/monday/"
    /// let summary = try await store.archive(folder: "/var/lib/orders", options: options) { entry, soFar in
    ///     if case .failed(let error) = entry.outcome { logger.warning("\(entry.path): \(error)") }
    /// }
    /// ```
    ///
    /// It is resumed by calling it again: a file that is there with the same length and checksum is not sent again. A content whose file has
    /// changed is replaced, and one whose file is gone stays. A file that changes while it is read fails, and nothing of it
    /// becomes visible. Links are reported and not followed; empty folders, permissions and times are not archived.
    ///
    /// - Parameters:
    ///   - folder: the path of the folder.
    ///   - options: the names, and how much is done at a time.
    ///   - report: told what became of each entry, and how much is archived so far; one call at a time. What it throws ends the archive.
    /// - Returns: how much is archived.
    /// - Throws: `invalidArgument` when there is no folder at the path; what `report` throws; `cancelled`, `closed`, and what the service answers to
    ///   all requests alike: `unavailable`, `throttled`, `timeout`, `busy`, `unauthenticated`, `notPermitted`. What is
    ///   archived then stays.
    public func archive(
        folder: String,
        options: FolderArchiveOptions = FolderArchiveOptions(),
        report: (ArchivedEntry, FolderArchiveSummary) async throws -> Void = { _, _ in }
    ) async throws -> FolderArchiveSummary {
        do throws(StoreError) { try options.check() } catch { throw error.from(id) }
        let lane = Lane(name: "blob-archive")
        defer { lane.stopWithoutWaiting() }
        let walk: FolderWalk
        do {
            walk = try await lane.local { () throws(LocalError) in try FolderWalk(folder) }
        } catch let failure as LocalError {
            throw StoreError(
                .invalidArgument,
                "There is no folder at the path that can be read; name one.",
                underlying: failure.error
            ).from(id)
        }
        var summary = FolderArchiveSummary()
        try await withThrowingTaskGroup(of: ArchivedEntry.self) { group in
            var underway = 0
            func tell(_ entry: ArchivedEntry) async throws {
                summary.count(entry)
                try await report(entry, summary)
            }
            while true {
                let steps = try await lane.local { walk.steps(64) }
                if steps.isEmpty { break }
                for step in steps {
                    switch step {
                    case .link(let path): try await tell(ArchivedEntry(path, .symbolicLink))
                    case .special(let path): try await tell(ArchivedEntry(path, .special))
                    case .failed(let path, let error): try await tell(ArchivedEntry(path, .failed(error.from(id))))
                    case .file(let path):
                        if underway == options.maximumConcurrentFiles, let entry = try await group.next() {
                            underway -= 1
                            try await tell(entry)
                        }
                        group.addTask { [self] in try await archive(path, of: folder, options, on: lane) }
                        underway += 1
                    }
                }
            }
            while let entry = try await group.next() { try await tell(entry) }
        }
        return summary
    }

    /// Archives one file. What concerns it alone is in the entry, all else is thrown.
    private func archive(
        _ path: String,
        of folder: String,
        _ options: FolderArchiveOptions,
        on lane: Lane
    ) async throws -> ArchivedEntry {
        let name = options.name(of: path)
        var byteCount = 0
        do {
            let file = try await lane.local { () throws(LocalError) in try LocalFile("\(folder)/\(path)") }
            byteCount = file.facts.byteCount
            let outcome = try await archive(file, name, type: options.type(path), options, on: lane)
            return ArchivedEntry(path, name: name, byteCount: byteCount, outcome)
        } catch let failure as LocalError {
            return ArchivedEntry(path, name: name, byteCount: byteCount, .failed(failure.error.from(id)))
        } catch let error as StoreError where error.isOfOneFile {
            return ArchivedEntry(path, name: name, byteCount: byteCount, .failed(error))
        }
    }

    private func archive(
        _ file: LocalFile,
        _ name: String,
        type: String,
        _ options: FolderArchiveOptions,
        on lane: Lane
    ) async throws -> ArchivedEntry.Outcome {
        var failure: StoreError?
        var attempts = 0
        while true {
            let there = try await content(name)
            if let there, there.byteCount == file.facts.byteCount, let md5 = there.md5,
                try await checksum(of: file, on: lane) == md5
            {
                // Sent by an attempt whose reply was lost, or by another archive of the same folder.
                return failure == nil ? .alreadyThere(there.etag) : .uploaded(there.etag)
            }
            // What may not have arrived is sent again: an archive wants the file there, whoever removed it meanwhile.
            if let failure, failure.code != .outcomeUnknown || attempts == 3 { throw failure }
            attempts += 1
            var upload = BlobContentOptions()
            upload.type = type
            // So that of two archives that run at once neither replaces what the other one has just sent.
            upload.condition = there.map { .ifMatches($0.etag) } ?? .insert
            let chunks = FileChunks(file: file, lane: lane)
            let blocks = max(1, configuration.maximumConcurrentRequests / options.maximumConcurrentFiles)
            switch try await write(name, streaming: chunks, options: upload, maximumBlocks: blocks) {
            case .applied(let tag?): return .uploaded(tag)
            case .unknown(let error): failure = error
            case .applied(nil), .rejected:
                failure = StoreError(
                    .versionConflict,
                    "Somebody else wrote the content at the same time; archive the folder again.",
                    context: .init(store: id)
                )
            }
        }
    }

    private func checksum(of file: LocalFile, on lane: Lane) async throws -> [UInt8]? {
        var md5 = ContentMD5()
        for try await chunk in FileChunks(file: file, lane: lane) { md5.update(chunk) }
        return Base64.bytes(md5.headerValue)
    }
}

extension StoreError {
    /// Whether the error is of one file, so that the others are worth going on.
    fileprivate var isOfOneFile: Bool {
        switch code.category {
        case .caller, .conflict, .data, .indeterminate: ![.cancelled, .closed, .collectionNotFound].contains(code)
        // A lease is on one content; a service that is busy is so for all.
        case .transient: code == .busy && underlying == nil
        case .routing, .authorization: false
        }
    }
}
