internal import BlobAdapter
internal import Crypto
internal import Foundation
internal import MigrationCore

/// Content of 1 GiB to the emulator and back, beside a bare loop over libcurl with the same blocks, as many of them under way.
///
/// The loop's requests are those of the adapter, with the checksum of each block, which it has at hand: it neither computes nor
/// checks one. Ours run in processes of their own, whose memory is measured.
enum BlobSpeed {
    private static let container = "benchmarks"
    private static let blockBytes = 4 << 20
    private static let blocks = 256
    /// As many blocks are sent together.
    private static let uploadsTogether = 8
    /// As many ranges a reader asks for together.
    private static let downloadsTogether = 1
    /// A gibibyte takes long, so these alternate less often.
    private static let rounds = 3

    private static let names = (
        upload: "azure-blob-upload-1gib", download: "azure-blob-download-1gib",
        uploadMemory: "azure-blob-upload-peak-memory", downloadMemory: "azure-blob-download-peak-memory"
    )

    static let benchmark = Benchmark(
        measures: [names.upload, names.download, names.uploadMemory, names.downloadMemory]
    ) { environment in
        let folder = try environment.folder("azure-blob")
        let emulator = try AzureEmulator()
        defer { emulator.end() }
        let storage = try emulator.storage()
        await (try store(storage)).close()
        let url = "\(try emulator.endpoint(of: "blob"))/\(container)/raw"
        let block = Self.block
        let checksum = Data(Insecure.MD5.hash(data: block)).base64EncodedString()
        let sharedAccess = AzureEmulator.sharedAccess()
        var peaks: [String: Double] = [:]

        /// Does a job in a process of its own, and returns its seconds.
        func child(_ job: String) throws -> Double {
            let times = "\(folder)/seconds"
            let peak = try ChildJob.run(job, [storage, times], in: folder)
            peaks[job] = max(peaks[job] ?? 0, peak)
            guard let seconds = Double(try String(contentsOfFile: times, encoding: .utf8)) else {
                throw RawFailure("\(job) took no time")
            }
            return seconds
        }

        let uploads = try await Alternation(rounds: rounds) {
            try child("azure-upload")
        } reference: {
            try RawCurl.upload(
                url,
                sharedAccess,
                block: block,
                checksum: checksum,
                count: blocks,
                together: uploadsTogether
            ).seconds
        }
        let downloads = try await Alternation(rounds: rounds) {
            try child("azure-download")
        } reference: {
            try RawCurl.download(
                url,
                sharedAccess,
                rangeBytes: blockBytes,
                count: blocks,
                together: downloadsTogether
            ).seconds
        }
        return [
            speed(names.upload, uploads), speed(names.download, downloads),
            Measure(name: names.uploadMemory, value: (peaks["azure-upload"] ?? 0) / 1e6, unit: "MB", bar: .atMost(100)),
            Measure(
                name: names.downloadMemory,
                value: (peaks["azure-download"] ?? 0) / 1e6,
                unit: "MB",
                bar: .atMost(100)
            ),
        ]
    }

    private static func speed(_ name: String, _ times: Alternation) -> Measure {
        Measure(
            name: name,
            value: Double(blocks * blockBytes) / times.seconds / 1e6,
            unit: "MB/s",
            comparison: (times.speedup, "the bare loop's rate"),
            bar: .atLeast(0.8)
        )
    }

    private static var block: [UInt8] {
        var random = SeededRandom(seed: 0x626C_6F62)
        return (0..<blockBytes / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    // MARK: What the child processes do

    static let jobs: [String: @Sendable ([String]) async throws -> Void] = [
        "azure-upload": { parameters in
            let store = try await store(parameters[0])
            let block = Self.block
            let seconds = try await Stopwatch.seconds {
                let outcome = try await store.write("ours", streaming: Repeated(chunk: block, count: blocks))
                guard outcome.isApplied else { throw RawFailure("the upload was not applied") }
            }
            await store.close()
            try "\(seconds)".write(toFile: parameters[1], atomically: true, encoding: .utf8)
        },
        "azure-download": { parameters in
            let store = try await store(parameters[0])
            let seconds = try await Stopwatch.seconds {
                guard let reader = try await store.read("ours") else { throw RawFailure("there is no blob") }
                var count = 0
                for try await piece in reader { count += piece.count }
                guard count == blocks * blockBytes else { throw RawFailure("the download is not whole") }
            }
            await store.close()
            try "\(seconds)".write(toFile: parameters[1], atomically: true, encoding: .utf8)
        },
    ]

    private static func store(_ storage: String) async throws -> BlobContentStore {
        var configuration = try BlobConfiguration(connectionString: storage, container: container)
        configuration.createsContainer = true
        configuration.blockBytes = blockBytes
        configuration.maximumConcurrentRequests = uploadsTogether
        return try await BlobContentStore.connect(id: "blobs", configuration)
    }
}

/// The same chunk again and again, as a file that lies in the memory of the machine.
private struct Repeated: AsyncSequence, Sendable {
    let chunk: [UInt8]
    let count: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let chunk: [UInt8]
        var left: Int

        mutating func next() async throws -> [UInt8]? {
            guard left > 0 else { return nil }
            left -= 1
            return chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunk: chunk, left: count) }
}
