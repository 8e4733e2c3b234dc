import BlobAdapter
import CutoverAzureServer
import MigrationCore
import SQLiteAdapter
import TableAdapter
import Testing

@Suite("Documents that leave a storage account", .timeLimit(.minutes(5)), .serialized, .needsAzureEmulator)
struct AzureDocumentTests {
    enum Source: String, CaseIterable, Sendable {
        case blobs, metadata, tables

        func connect(_ fleet: AzureFleet) async throws -> any DocumentStore {
            switch self {
            case .blobs: try await BlobDocumentStore.connect(id: "source", try fleet.blobConfiguration())
            case .metadata: try await BlobMetadataStore.connect(id: "source", try fleet.blobConfiguration())
            case .tables: try await TableDocumentStore.connect(id: "source", try fleet.tableConfiguration())
            }
        }
    }

    private static let count = 120

    private static func key(_ number: Int) -> DocumentKey {
        DocumentKey(
            collection: "orders",
            partition: PartitionKey(.string("customer \(number % 5)")),
            id: DocumentID("order/\(number)")
        )
    }

    private static func order(_ number: Int) -> Document {
        [
            "customer": .string("customer \(number % 5)"), "total": .int64(Int64(number) << 54),
            "note": .string("M\u{E4}rz"),
            "lines": .array([.document(["n": .int32(1), "at": .date(WallTime(millisecondsSinceEpoch: -1))]), .null]),
        ]
    }

    @Test(
        "are copied to SQLite, verified, and repaired where they differ, undisturbed and disturbed",
        arguments: Source.allCases,
        [false, true]
    )
    func copied(_ kind: Source, isDisturbed: Bool) async throws {
        let fleet = try AzureFleet()
        let source = try await kind.connect(fleet)
        let target = try await SQLiteDocumentStore.open("target", at: fleet.path("documents.sqlite"))
        try await source.ensureCollection(CollectionDefinition("orders", partitionPaths: ["customer"]))
        let writes = (0..<Self.count).map { DocumentWrite.put(Self.order($0), to: Self.key($0)) }
        for outcome in try await source.writeBatch(writes) { #expect(outcome.isApplied) }
        if isDisturbed { try await fleet.disturb(kind == .tables ? "table" : "blob") }

        let copier = DocumentCopier(source: source, target: target, checkpoints: CheckpointStore(target))
        let report = try await copier.copy("orders", job: "move-orders")
        #expect(report.isComplete && report.counts.written == Self.count && report.counts.failed == 0)
        var settings = ConsistencyVerifier.Configuration()
        settings.settleDelay = .milliseconds(20)
        let verifier = ConsistencyVerifier(configuration: settings)
        let first = try await verifier.verifyDocuments(in: "orders", source: source, target: target)
        #expect(first.isConsistent && first.unknownCount == 0 && first.targetDocumentCount == Self.count)

        // Somebody changes one document in each store, and one is lost in each.
        #expect(try await source.write(["customer": "customer 1", "total": 7], to: Self.key(1)).isApplied)
        #expect(try await target.write(["customer": "customer 2", "total": 8], to: Self.key(2)).isApplied)
        #expect(try await source.delete(Self.key(3)).isApplied)
        #expect(try await target.delete(Self.key(4)).isApplied)
        let second = try await verifier.verifyDocuments(in: "orders", source: source, target: target)
        #expect(Set(second.violations.compactMap(\.key)) == Set((1...4).map(Self.key)) && second.violationCount == 4)
        let result = try await Repair().repairDocuments(second, source: source, target: target)
        #expect(result.isComplete && result.repaired == 4)
        let third = try await verifier.verifyDocuments(in: "orders", source: source, target: target)
        #expect(third.isConsistent && third.targetDocumentCount == Self.count - 1)
        #expect(try await target.read(Self.key(2))?.document.canonicalDigest() == Self.order(2).canonicalDigest())
        #expect(try await fleet.wasDisturbed() == isDisturbed)
        await target.close()
    }
}
