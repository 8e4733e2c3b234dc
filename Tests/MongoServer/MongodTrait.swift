import Foundation
public import Testing

/// Starts the server that all suites of the process share, and lends it to the tests of a suite.
public struct MongodTrait: SuiteTrait, TestTrait, TestScoping {
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let server = try await SharedServer.instance.server()
        try await MongodServer.$shared.withValue(server) { try await function() }
    }
}

extension Trait where Self == MongodTrait {
    /// The suite runs against the mongod that all suites of the process share, `MongodServer.shared`.
    public static var mongod: MongodTrait { MongodTrait() }
}

extension Trait where Self == ConditionTrait {
    /// Skips a suite where there is no mongod, unless `CUTOVER_REQUIRE_SERVERS` is 1.
    public static var needsMongod: ConditionTrait {
        .enabled(
            if: MongodServer.program != nil || ProcessInfo.processInfo.environment["CUTOVER_REQUIRE_SERVERS"] == "1",
            "There is no mongod; run Scripts/fetch-mongod.sh, or name one in CUTOVER_MONGOD."
        )
    }
}

extension MongodServer {
    /// The server of the running test.
    @TaskLocal public static var shared: MongodServer?

    /// A name for a database of one test.
    public static func databaseName() -> String {
        "t" + UUID().uuidString.replacing("-", with: "").lowercased().prefix(20)
    }
}

/// One start for all who ask.
private actor SharedServer {
    static let instance = SharedServer()
    private var start: Task<MongodServer, any Error>?

    func server() async throws -> MongodServer {
        let start = start ?? Task { try await MongodServer.start() }
        self.start = start
        return try await start.value
    }
}
