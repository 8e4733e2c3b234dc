// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "cutover-examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "cutover", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // The damage that the demo does goes past the library: through a connection of its own.
        .systemLibrary(
            name: "ExamplesCSQLite",
            path: "Sources/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .executableTarget(
            name: "cutover-demo",
            dependencies: [
                "ExamplesCSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "MigrationCore", package: "cutover"),
                .product(name: "SQLiteAdapter", package: "cutover"),
            ]
        ),
        .executableTarget(
            name: "tenant-migration",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "MigrationCore", package: "cutover"),
                .product(name: "MongoAdapter", package: "cutover"),
                .product(name: "SQLiteAdapter", package: "cutover"),
            ],
            path: "Sources/TenantMigration"
        ),
        .executableTarget(
            name: "tenant-migration-check",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "MigrationCore", package: "cutover"),
                .product(name: "MongoAdapter", package: "cutover"),
                .product(name: "SQLiteAdapter", package: "cutover"),
            ],
            path: "Sources/TenantMigrationCheck"
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
