package final class TableService: Service {
    package static let ruleNames: [String] = []
    package let name = "table"
    private let environment: Environment

    package init(_ environment: Environment) { self.environment = environment }

    package func answer(_ request: Request) async -> Response { Response(501) }

    package func reset() {}
}
