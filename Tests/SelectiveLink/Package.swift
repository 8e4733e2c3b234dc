// swift-tools-version: 6.2
import PackageDescription

/// An application as its author would write it: it depends on cutover and names the two products that it uses.
let package = Package(
    name: "selective-link",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "cutover", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "SelectiveLink",
            dependencies: [
                .product(name: "MigrationCore", package: "cutover"),
                .product(name: "SQLiteAdapter", package: "cutover"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility")]
        )
    ]
)
