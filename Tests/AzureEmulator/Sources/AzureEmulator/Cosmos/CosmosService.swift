/// The SQL API of Cosmos DB: databases, containers, documents, queries and the change feed.
package final class CosmosService: Service {
    package static let ruleNames: [String] = []
    package let name = "cosmos"
    private let environment: Environment

    package init(_ environment: Environment) { self.environment = environment }

    package func answer(_ request: Request) async -> Response { Response(501) }

    package func reset() {}
}
