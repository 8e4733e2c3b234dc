import CutoverAzureTransport
import Foundation
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Folders that are archived in Blob Storage", .timeLimit(.minutes(2)))
struct FolderArchiveTests {
    private static let block = 64 << 10
    private let blobs = FakeBlobs()

    private func store(_ requests: Int = 16) async throws -> BlobContentStore {
        var configuration = try blobs.configuration()
        configuration.prefix = "files/"
        configuration.blockBytes = Self.block
        configuration.maximumConcurrentRequests = requests
        return try await BlobContentStore.connect(id: "contents", configuration, in: AzureEnvironment(transport: blobs))
    }

    private var options: FolderArchiveOptions {
        var options = FolderArchiveOptions()
        options.prefix = "monday/"
        return options
    }

    private func puts() -> Int { blobs.state.withLock { $0.requests.count { $0.method == .put } } }

    @Test("every file below a folder comes back byte for byte under a name that tells its path")
    func roundTrip() async throws {
        let folder = try Folder()
        let names = [
            "a", "empty", "deep/er/b.txt", "M\u{E4}rz 1/\u{1F600}.png", "dots./.hidden", "~7E", "a\\b", "line\nbreak",
            "a+b&c%20",
        ]
        for (index, name) in names.enumerated() {
            try folder.write(Folder.bytes(index == 1 ? 0 : index * 50_000 + 3, seed: index), to: name)
        }
        let store = try await store()
        let entries = Locked<[ArchivedEntry]>([])
        let summary = try await store.archive(folder: folder.path, options: options) { entry, _ in
            entries.withLock { $0.append(entry) }
        }
        #expect(summary.uploadedFiles == names.count && summary.isComplete && summary.leftOutEntries == 0)
        #expect(Set(entries.withLock { $0.map(\.path) }) == Set(names))
        for (index, name) in names.enumerated() {
            let entry = try #require(entries.withLock { $0.first { $0.path == name } })
            let blob = try #require(entry.name)
            #expect(blob == options.name(of: name) && options.path(of: blob) == name)
            let bytes = Folder.bytes(index == 1 ? 0 : index * 50_000 + 3, seed: index)
            #expect(entry.byteCount == bytes.count)
            #expect(try await store.read(blob)?.collect(maximumBytes: bytes.count) == bytes)
        }
        #expect(options.path(of: "monday/a b") == nil && options.path(of: "tuesday/a") == nil)
        #expect(options.path(of: "monday//a") == nil)
    }

    @Test("links are reported and not followed; pipes and names that are no text are reported, too")
    func leftOut() async throws {
        let (folder, outside) = (try Folder(), try Folder())
        try folder.write([1], to: "a/file")
        try outside.write([2], to: "secret")
        try folder.link("a/to-file", to: "\(outside.path)/secret")
        try folder.link("to-folder", to: outside.path)
        try folder.link("loop", to: ".")
        try folder.link("nowhere", to: "missing")
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        let raw = Array("\(folder.path)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
        let descriptor = open(raw, O_CREAT | O_WRONLY, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let store = try await store()
        var found: [String: ArchivedEntry.Outcome] = [:]
        let summary = try await store.archive(folder: folder.path) { entry, _ in found[entry.path] = entry.outcome }
        #expect(summary.uploadedFiles == 1 && summary.leftOutEntries == 5 && summary.failedEntries == 1)
        for name in ["a/to-file", "to-folder", "loop", "nowhere"] {
            guard case .symbolicLink? = found[name] else {
                Issue.record("\(name) is not reported as a link")
                continue
            }
        }
        if case .special? = found["pipe"] {} else { Issue.record("the pipe is not reported") }
        if case .failed(let error)? = found["\u{FFFD}"] {
            #expect(error.code == .invalidKey)
        } else {
            Issue.record("the name that is no text is not reported")
        }
        #expect(blobs.state.withLock { $0.container?.keys.map(\.text) } == ["files/a/file"])
    }

    @Test("archiving again sends what is new or has changed, and nothing else")
    func resumed() async throws {
        let folder = try Folder()
        for number in 0..<10 {
            try folder.write(Folder.bytes(number * 40_000, seed: number), to: "\(number % 3)/\(number)")
        }
        let store = try await store()
        #expect(try await store.archive(folder: folder.path).uploadedFiles == 10)
        let before = puts()
        let second = try await store.archive(folder: folder.path)
        #expect(second.alreadyThereFiles == 10 && second.uploadedFiles == 0 && puts() == before)
        #expect(second.alreadyThereBytes == (0..<10).reduce(0) { $0 + $1 * 40_000 })
        // The same length, other bytes; another length; a new one; and one that is gone.
        try folder.write(Folder.bytes(200_000, seed: 77), to: "2/5")
        try folder.append([1], to: "0/3")
        try folder.write([1], to: "new")
        try folder.remove("1/4")
        let third = try await store.archive(folder: folder.path)
        #expect(third.uploadedFiles == 3 && third.alreadyThereFiles == 7)
        #expect(try await store.read("2/5")?.collect(maximumBytes: 200_000) == Folder.bytes(200_000, seed: 77))
        #expect(try await store.content("1/4") != nil)
    }

    @Test("an archive that is cancelled ends, leaves what it has sent, and is gone on with")
    func cancelled() async throws {
        let folder = try Folder()
        for number in 0..<20 { try folder.write(Folder.bytes(100, seed: number), to: "\(number)") }
        let store = try await store()
        let (folderPath, seen) = (folder.path, Counter())
        blobs.state.withLock { state in
            state.hold = { request in
                // The tenth file never arrives.
                guard request.method == .put, seen.next() > 10 else { return }
                while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
            }
        }
        let task = Task { try await store.archive(folder: folderPath) }
        while seen.count < 11 { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect {
            try await task.value
        } throws: {
            ($0 as? StoreError)?.code == .cancelled
        }
        blobs.state.withLock { $0.hold = nil }
        let there = blobs.state.withLock { $0.container?.count ?? 0 }
        #expect(there >= 10)
        let again = try await store.archive(folder: folder.path)
        #expect(again.alreadyThereFiles == there && again.uploadedFiles == 20 - there)
    }

    @Test("who is cancelled between two attempts of an upload does not make the second", arguments: 0...2)
    func cancelledBetweenAttempts(_ requestsAfter: Int) async throws {
        let folder = try Folder()
        try folder.write(Folder.bytes(100), to: "a")
        let store = try await store()
        let path = folder.path
        let archive = Locked<Task<FolderArchiveSummary, any Error>?>(nil)
        let isLost = Locked(false)
        let after = Counter()
        blobs.state.withLock { state in
            state.hold = { request in
                let counts = request.method == .put ? isLost.withLock { !$0 } : isLost.withLock { $0 }
                guard counts, (request.method == .put ? 0 : after.next()) == requestsAfter else { return }
                while archive.withLock({ $0?.cancel() }) == nil { await Task.yield() }
            }
            state.before = { request in
                guard request.method == .put, !isLost.withLock({ $0 }) else { return nil }
                isLost.withLock { $0 = true }
                return FakeBlobs.lost
            }
        }
        archive.withLock { $0 = Task { try await store.archive(folder: path) } }
        let task = try #require(archive.withLock { $0 })
        let error = await #expect(throws: StoreError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(puts() == 1)
        blobs.state.withLock { ($0.hold, $0.before) = (nil, nil) }
        #expect(try await store.archive(folder: path).uploadedFiles == 1)
    }

    @Test("no more requests and blocks are under way than configured")
    func bounded() async throws {
        let folder = try Folder()
        for number in 0..<12 { try folder.write(Folder.bytes(Self.block * 5, seed: number), to: "\(number)") }
        let store = try await store(6)
        let (now, most) = (Locked(0), Locked(0))
        blobs.state.withLock { state in
            state.hold = { request in
                guard request.method == .put else { return }
                let count = now.withLock { now in
                    now += 1
                    return now
                }
                most.withLock { $0 = max($0, count) }
                try? await Task.sleep(for: .milliseconds(1))
                now.withLock { $0 -= 1 }
            }
        }
        var options = options
        options.maximumConcurrentFiles = 3
        #expect(try await store.archive(folder: folder.path, options: options).uploadedFiles == 12)
        #expect(most.withLock { $0 } > 1 && most.withLock { $0 } <= 6)
    }

    @Test("a file that is written to while it is read fails, is not visible, and is archived the next time")
    func changedMeanwhile() async throws {
        let folder = try Folder()
        try folder.write(Folder.bytes(3 << 20), to: "log")
        try folder.write([1], to: "other")
        let store = try await store()
        let seen = Counter()
        blobs.state.withLock { state in
            state.hold = { request in
                guard FakeCall(request)["comp"] == "block", seen.next() == 1 else { return }
                #expect(throws: Never.self) { try folder.append([1, 2, 3], to: "log") }
            }
        }
        var failures: [String: StoreError.Code] = [:]
        let summary = try await store.archive(folder: folder.path) { entry, soFar in
            if case .failed(let error) = entry.outcome { failures[entry.path] = error.code }
            #expect(soFar.uploadedFiles + soFar.failedEntries > 0)
        }
        #expect(failures == ["log": .versionConflict] && summary.uploadedFiles == 1 && !summary.isComplete)
        #expect(try await store.content("log") == nil)
        #expect(try await store.archive(folder: folder.path).uploadedBytes == (3 << 20) + 3)
    }

    @Test("a lost reply costs nothing, and a content that somebody else holds fails alone")
    func disturbed() async throws {
        let folder = try Folder()
        for name in ["a", "b", "c"] { try folder.write([1, 2, 3], to: name) }
        let store = try await store()
        blobs.lose(1, applied: true)
        blobs.state.withLock { state in
            state.before = { request in
                guard request.method == .put, FakeCall(request).blob?.text == "files/b" else { return nil }
                return .success(FakeBlobs.refusal(412, "LeaseIdMissing"))
            }
        }
        var failures: [String: StoreError.Code] = [:]
        let summary = try await store.archive(folder: folder.path) { entry, _ in
            if case .failed(let error) = entry.outcome { failures[entry.path] = error.code }
        }
        #expect(summary.uploadedFiles == 2 && failures == ["b": .busy])
    }

    @Test("what concerns all files ends the archive")
    func refused() async throws {
        let folder = try Folder()
        for number in 0..<10 { try folder.write([1], to: "\(number)") }
        let store = try await store()
        let missing = await #expect(throws: StoreError.self) { try await store.archive(folder: "\(folder.path)/none") }
        #expect(missing?.code == .invalidArgument)
        let file = await #expect(throws: StoreError.self) { try await store.archive(folder: "\(folder.path)/1") }
        #expect(file?.code == .invalidArgument)
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            try await store.archive(folder: folder.path) { _, soFar in if soFar.uploadedFiles == 2 { throw Enough() } }
        }
        blobs.state.withLock { state in
            state.before = { _ in .success(FakeBlobs.refusal(403, "AuthorizationPermissionMismatch")) }
        }
        let denied = await #expect(throws: StoreError.self) { try await store.archive(folder: folder.path) }
        #expect(denied?.code == .notPermitted)
        await store.close()
        let closed = await #expect(throws: StoreError.self) { try await store.archive(folder: folder.path) }
        #expect(closed?.code == .closed)
    }
}
