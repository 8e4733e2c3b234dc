// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "cutover-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "cutover", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // The raw loops that the adapter is held to use the C API through a module of their own.
        .systemLibrary(
            name: "BenchmarksCSQLite",
            path: "Sources/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .systemLibrary(
            name: "BenchmarksCMongo",
            path: "Sources/CMongo",
            pkgConfig: "libmongoc-1.0",
            providers: [.apt(["libmongoc-dev"]), .brew(["mongo-c-driver@1"])]
        ),
        .systemLibrary(
            name: "BenchmarksCCurl",
            path: "Sources/CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .target(name: "BenchmarksRawCurl", dependencies: ["BenchmarksCCurl"], path: "Sources/RawCurl"),
        .target(name: "BenchmarksRawMongo", dependencies: ["BenchmarksCMongo"], path: "Sources/RawMongo"),
        .executableTarget(
            name: "cutover-benchmarks",
            dependencies: [
                "BenchmarksCSQLite",
                "BenchmarksRawCurl",
                "BenchmarksRawMongo",
                .product(name: "BlobAdapter", package: "cutover"),
                .product(name: "CosmosAdapter", package: "cutover"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "InMemoryAdapter", package: "cutover"),
                .product(name: "MigrationCore", package: "cutover"),
                .product(name: "MongoAdapter", package: "cutover"),
                .product(name: "SQLiteAdapter", package: "cutover"),
            ]
        ),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
