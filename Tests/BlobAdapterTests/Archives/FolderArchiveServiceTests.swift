import CutoverAzureServer
import MigrationCore
import Testing

@testable import BlobAdapter

@Suite("Folders that are archived over HTTP", .timeLimit(.minutes(2)), .needsAzureEmulator, .azureEmulator)
struct FolderArchiveServiceTests {
    private static func fault(
        _ container: String,
        _ method: String,
        every count: Int,
        _ effect: AzureServer.Effect
    ) -> AzureServer.Fault {
        var fault = AzureServer.Fault("blob", method, path: "*/\(container)/*", effect)
        fault.every = count
        return fault
    }

    @Test(
        "a folder comes back whole although requests are refused and replies are lost, and the second time nothing is sent"
    )
    func disturbed() async throws {
        let server = try #require(AzureServer.shared)
        let container = AzureServer.freshName()
        var configuration = try BlobConfiguration(connectionString: server.storage, container: container)
        configuration.createsContainer = true
        configuration.blockBytes = 64 << 10
        let store = try await BlobContentStore.connect(id: "contents", configuration)
        try await server.add([
            Self.fault(container, "PUT", every: 7, .busy), Self.fault(container, "PUT", every: 9, .replyLost),
            Self.fault(container, "PUT", every: 11, .requestLost), Self.fault(container, "HEAD", every: 5, .busy),
        ])
        let folder = try Folder()
        let names = (0..<30).map { "\($0 % 4)/M\u{E4}rz \($0)~.txt" }
        for (number, name) in names.enumerated() {
            try folder.write(Folder.bytes(number * 9_000, seed: number), to: name)
        }
        try folder.link("link", to: "0")
        let options = FolderArchiveOptions()
        let first = try await store.archive(folder: folder.path)
        #expect(first.uploadedFiles == 30 && first.leftOutEntries == 1 && first.failedEntries == 0)
        for (number, name) in names.enumerated() {
            let bytes = try await store.read(options.name(of: name))?.collect(maximumBytes: number * 9_000)
            #expect(bytes == Folder.bytes(number * 9_000, seed: number))
        }
        let listed = try await store.list().contents.map(\.name)
        #expect(Set(listed.compactMap(options.path)) == Set(names))
        let second = try await store.archive(folder: folder.path)
        #expect(second.alreadyThereFiles == 30 && second.uploadedFiles == 0)
        await store.close()
    }
}
