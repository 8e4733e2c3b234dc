import BlobAdapter
import CosmosAdapter
import CutoverAzureServer
import CutoverMongoServer
import MigrationCore
import MongoAdapter
import SQLiteAdapter
import TableAdapter
import Testing

@Suite(
    "Documents that move over Azure accounts",
    .timeLimit(.minutes(5)),
    .serialized,
    .needsAzureEmulator,
    .needsMongod,
    .mongod
)
struct AzureDocumentTests {
    enum Place: String, Sendable {
        case sqlite, mongo, blobs, metadata, tables, cosmos, otherCosmos

        func connect(_ id: StoreID, _ fleet: AzureFleet) async throws -> any DocumentStore {
            switch self {
            case .sqlite: return try await SQLiteDocumentStore.open(id, at: fleet.path("documents.sqlite"))
            case .mongo:
                let server = try #require(MongodServer.shared)
                return try await MongoDocumentStore.open(
                    id,
                    at: server.uri(database: MongodServer.databaseName()),
                    configuration: .patient
                )
            case .blobs: return try await BlobDocumentStore.connect(id: id, try fleet.blobConfiguration())
            case .metadata: return try await BlobMetadataStore.connect(id: id, try fleet.blobConfiguration())
            case .tables: return try await TableDocumentStore.connect(id: id, try fleet.tableConfiguration())
            case .cosmos: return try await CosmosDocumentStore.connect(id: id, try fleet.cosmosConfiguration())
            case .otherCosmos:
                return try await CosmosDocumentStore.connect(id: id, try fleet.cosmosConfiguration("-other"))
            }
        }

        /// The service of the emulator that it is in; nil for none.
        var service: String? {
            switch self {
            case .sqlite, .mongo: nil
            case .blobs, .metadata: "blob"
            case .tables: "table"
            case .cosmos, .otherCosmos: "cosmos"
            }
        }
    }

    struct Route: Sendable, CustomTestStringConvertible {
        let source: Place
        let target: Place
        var testDescription: String { "\(source) to \(target)" }
    }

    private static let routes: [Route] = [
        Route(source: .blobs, target: .sqlite), Route(source: .metadata, target: .sqlite),
        Route(source: .tables, target: .sqlite), Route(source: .sqlite, target: .cosmos),
        Route(source: .mongo, target: .cosmos), Route(source: .cosmos, target: .mongo),
        Route(source: .cosmos, target: .otherCosmos), Route(source: .blobs, target: .cosmos),
        Route(source: .tables, target: .cosmos),
    ]

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
        "are copied, verified, and repaired where they differ, undisturbed and disturbed",
        arguments: routes,
        [false, true]
    )
    func copied(_ route: Route, isDisturbed: Bool) async throws {
        let fleet = try AzureFleet()
        let source = try await route.source.connect("source", fleet)
        let target = try await route.target.connect("target", fleet)
        let checkpoints = try await SQLiteDocumentStore.open("checkpoints", at: fleet.path("checkpoints.sqlite"))
        for store in [source, target] {
            try await store.ensureCollection(CollectionDefinition("orders", partitionPaths: ["customer"]))
        }
        let writes = (0..<Self.count).map { DocumentWrite.put(Self.order($0), to: Self.key($0)) }
        for outcome in try await source.writeBatch(writes) { #expect(outcome.isApplied) }
        if isDisturbed {
            try await fleet.disturb(route.target.service ?? route.source.service ?? "cosmos")
            if route.target == .cosmos { try await fleet.split("orders") }
        }

        let copier = DocumentCopier(source: source, target: target, checkpoints: CheckpointStore(checkpoints))
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
        try await remove(3, from: source, isDisturbed)
        try await remove(4, from: target, isDisturbed)
        let second = try await verifier.verifyDocuments(in: "orders", source: source, target: target)
        #expect(Set(second.violations.compactMap(\.key)) == Set((1...4).map(Self.key)) && second.violationCount == 4)
        let result = try await Repair().repairDocuments(second, source: source, target: target)
        #expect(result.isComplete && result.repaired == 4)
        let third = try await verifier.verifyDocuments(in: "orders", source: source, target: target)
        #expect(third.isConsistent && third.targetDocumentCount == Self.count - 1)
        #expect(try await target.read(Self.key(2))?.document.canonicalDigest() == Self.order(2).canonicalDigest())
        #expect(try await fleet.wasDisturbed() == isDisturbed)
        for store in [source, target, checkpoints] as [any DocumentStore] { await store.close() }
    }

    /// A deletion leaves no mark by which it could be found again, so one whose reply is lost may end as unknown.
    private func remove(_ number: Int, from store: any DocumentStore, _ isDisturbed: Bool) async throws {
        let outcome = try await store.delete(Self.key(number))
        if !isDisturbed || outcome.rejection != nil { #expect(outcome.isApplied) }
        #expect(try await store.read(Self.key(number))?.etag == nil)
    }
}
