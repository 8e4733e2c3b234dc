// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "cutover",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "BlobAdapter", targets: ["BlobAdapter"]),
        .library(name: "CosmosAdapter", targets: ["CosmosAdapter"]),
        .library(name: "InMemoryAdapter", targets: ["InMemoryAdapter"]),
        .library(name: "MigrationCore", targets: ["MigrationCore"]),
        .library(name: "MigrationTesting", targets: ["MigrationTesting"]),
        .library(name: "MigrationTestingSupport", targets: ["MigrationTestingSupport"]),
        .library(name: "MongoAdapter", targets: ["MongoAdapter"]),
        .library(name: "SQLiteAdapter", targets: ["SQLiteAdapter"]),
        .library(name: "TableAdapter", targets: ["TableAdapter"]),
    ],
    traits: [
        .trait(name: "Configuration", description: "Configurations can be read with swift-configuration."),
        .trait(
            name: "ServiceLifecycle",
            description: "Background work can run as services of swift-service-lifecycle."
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .testTarget(
            name: "AzureTransportTests",
            dependencies: ["CutoverAzureTransport", "CutoverBlockingLanes", "MigrationCore", "MigrationTesting"],
            exclude: ["Engine/http2_server.py"]
        ),
        .target(
            name: "BlobAdapter",
            dependencies: ["CutoverAzureTransport", "CutoverBlockingLanes", "MigrationCore"]
        ),
        .testTarget(
            name: "BlobAdapterTests",
            dependencies: [
                "BlobAdapter", "CutoverAzureServer", "CutoverAzureTransport", "MigrationCore", "MigrationTesting",
                "MigrationTestingSupport",
            ]
        ),
        .testTarget(name: "BlockingLanesTests", dependencies: ["CutoverBlockingLanes", "MigrationCore"]),
        .target(
            name: "CosmosAdapter",
            dependencies: [
                "CutoverAzureTransport", "CutoverBlockingLanes", "MigrationCore",
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .testTarget(
            name: "CosmosAdapterTests",
            dependencies: [
                "CosmosAdapter", "CutoverAzureServer", "CutoverAzureTransport", "MigrationCore", "MigrationTesting",
                "MigrationTestingSupport",
            ]
        ),
        .target(
            name: "CutoverAzureServer",
            dependencies: ["CutoverAzureTransport", "MigrationCore"],
            path: "Tests/AzureServer"
        ),
        .target(
            name: "CutoverAzureTransport",
            dependencies: [
                "CutoverBlockingLanes", "CutoverCCurl", "CutoverCCurlShims", "MigrationCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Sources/AzureTransport"
        ),
        .target(
            name: "CutoverBlockingLanes",
            dependencies: ["MigrationCore", .product(name: "DequeModule", package: "swift-collections")],
            path: "Sources/BlockingLanes"
        ),
        .systemLibrary(
            name: "CutoverCCurl",
            path: "Sources/CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .target(name: "CutoverCCurlShims", dependencies: ["CutoverCCurl"], path: "Sources/CCurlShims"),
        .systemLibrary(
            name: "CutoverCMongo",
            path: "Sources/CMongo",
            pkgConfig: "libmongoc-1.0",
            providers: [.apt(["libmongoc-dev"]), .brew(["mongo-c-driver@1"])]
        ),
        .target(name: "CutoverCMongoShims", dependencies: ["CutoverCMongo"], path: "Sources/CMongoShims"),
        .systemLibrary(
            name: "CutoverCSQLite",
            path: "Sources/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .target(
            name: "CutoverMongoServer",
            dependencies: ["CutoverCMongo", "CutoverCMongoShims", "MigrationCore"],
            path: "Tests/MongoServer"
        ),
        .target(name: "CutoverDocumentCorpus", dependencies: ["MigrationCore"], path: "Tests/DocumentCorpus"),
        .executableTarget(
            name: "cutover-crash-migration",
            dependencies: [
                "BlobAdapter", "CosmosAdapter", "CutoverAzureServer", "CutoverCSQLite", "CutoverMongoServer",
                "MigrationCore", "MigrationTesting", "MongoAdapter", "SQLiteAdapter",
            ],
            path: "Tests/CrashPrograms/migration"
        ),
        .executableTarget(
            name: "cutover-crash-sqlite-writer",
            dependencies: ["MigrationCore", "SQLiteAdapter"],
            path: "Tests/CrashPrograms/sqlite-writer"
        ),
        .executableTarget(
            name: "cutover-fuzz",
            dependencies: ["CutoverDocumentCorpus", "MigrationCore"],
            path: "Tests/Fuzz"
        ),
        .target(name: "InMemoryAdapter", dependencies: ["MigrationCore"]),
        .testTarget(
            name: "InMemoryAdapterTests",
            dependencies: ["InMemoryAdapter", "MigrationCore", "MigrationTesting", "MigrationTestingSupport"]
        ),
        .target(
            name: "MigrationCore",
            dependencies: [
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .testTarget(
            name: "MigrationCoreTests",
            dependencies: [
                "CutoverDocumentCorpus",
                "InMemoryAdapter",
                "MigrationCore",
                "MigrationTesting",
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])
                ),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: ["Lessons/README.md"]
        ),
        .target(
            name: "MongoAdapter",
            dependencies: [
                "CutoverBlockingLanes", "CutoverCMongo", "CutoverCMongoShims", "MigrationCore",
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .testTarget(
            name: "MongoAdapterTests",
            dependencies: [
                "CutoverDocumentCorpus", "CutoverMongoServer", "InMemoryAdapter", "MigrationCore", "MigrationTesting",
                "MigrationTestingSupport", "MongoAdapter",
            ],
            exclude: ["Peer/peer.py"]
        ),
        .executableTarget(
            name: "cutover-transport-speed",
            dependencies: ["CutoverAzureTransport"],
            path: "Tests/TransportSpeed"
        ),
        .executableTarget(
            name: "cutover-simulate",
            dependencies: [
                "InMemoryAdapter", "MigrationCore", "MigrationTesting", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Simulate"
        ),
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "BlobAdapter", "CosmosAdapter", "CutoverAzureServer", "CutoverMongoServer", "MigrationCore",
                "MongoAdapter", "SQLiteAdapter", "TableAdapter",
            ]
        ),
        .target(name: "MigrationTesting", dependencies: ["MigrationCore"]),
        .target(name: "MigrationTestingSupport", dependencies: ["MigrationTesting"]),
        .testTarget(
            name: "MigrationTestingTests",
            dependencies: ["InMemoryAdapter", "MigrationCore", "MigrationTesting", "MigrationTestingSupport"]
        ),
        .target(
            name: "SQLiteAdapter",
            dependencies: [
                "CutoverBlockingLanes", "CutoverCSQLite", "MigrationCore",
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .testTarget(
            name: "SQLiteAdapterTests",
            dependencies: [
                "CutoverCSQLite", "MigrationCore", "MigrationTesting", "MigrationTestingSupport", "SQLiteAdapter",
                "cutover-crash-sqlite-writer",
            ]
        ),
        .target(name: "TableAdapter", dependencies: ["CutoverAzureTransport", "MigrationCore"]),
        .testTarget(
            name: "TableAdapterTests",
            dependencies: [
                "CutoverAzureServer", "CutoverAzureTransport", "MigrationCore", "MigrationTesting",
                "MigrationTestingSupport", "TableAdapter",
            ]
        ),
    ]
)

/// Targets that call C: each use of an unsafe construct is marked in their sources.
let targetsThatTouchC: Set<String> = [
    "BlobAdapter", "CutoverAzureTransport", "CutoverBlockingLanes", "MongoAdapter", "SQLiteAdapter",
]

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .swiftLanguageMode(.v6),
            .treatAllWarnings(as: .error),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("ImmutableWeakCaptures"),
            .enableUpcomingFeature("InferIsolatedConformances"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
    if targetsThatTouchC.contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
