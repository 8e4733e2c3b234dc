import CutoverAzureServer
import CutoverMongoServer

/// The server of a run, which ends with this process, however that ends.
enum RoundServer {
    case none
    case mongodb(MongodServer)
    case azure(AzureServer)

    static func start(for store: RoundOptions.Store) async throws -> RoundServer {
        switch store {
        case .sqlite: return .none
        case .mongodb:
            // What a killed process has begun holds its tenant until the server ends it, by default after a minute.
            return .mongodb(
                try await MongodServer.start(options: ["--setParameter", "transactionLifetimeLimitSeconds=1"])
            )
        case .azure:
            let server = try AzureServer.start()
            // Several processes keep fences in it.
            try await server.set(["consistency": "Strong"])
            return .azure(server)
        }
    }

    /// How its children find it.
    var place: CrashPlace.Server? {
        switch self {
        case .none: nil
        case .mongodb(let server): .mongodb(server.uri())
        case .azure(let server):
            .azure(blob: server.endpoints["blob"] ?? "", cosmos: server.endpoints["cosmos"] ?? "")
        }
    }

    var description: String {
        if case .mongodb(let server) = self { ", server in \(server.folder)" } else { "" }
    }

    /// Makes trouble for everybody: MongoDB is killed and started again on its data; of the requests to Azure, which keeps its data
    /// in memory, the next hundreds are refused or lose their replies now and then.
    func fail() async throws {
        switch self {
        case .none: break
        case .mongodb(let server): try await server.restart()
        case .azure(let server):
            var faults: [AzureServer.Fault] = []
            for service in ["blob", "cosmos"] {
                let effects: [AzureServer.Effect] = [.busy, .replyLost, .throttled(milliseconds: 5), .requestLost]
                for (index, effect) in effects.enumerated() {
                    var fault = AzureServer.Fault(service, path: "*", effect)
                    (fault.skip, fault.every, fault.next) = (index * 5, 20, 60)
                    faults.append(fault)
                }
            }
            try await server.add(faults)
        }
    }

    func end(keepingData: Bool) {
        guard case .mongodb(let server) = self else { return }
        if keepingData { server.kill() } else { server.removeData() }
    }
}
