import NIOPosix
import NIOSSL

/// The ports and certificates of a run of the emulator.
package struct ServerConfiguration: Sendable {
    /// The port of each service by its name; 0 or none takes a free one.
    package var ports: [String: Int] = [:]
    package var securePorts: [String: Int] = [:]

    /// The files of the certificate chain and its key, in PEM; with them each service listens for HTTPS as well.
    package var certificate: (chain: String, key: String)?

    /// A larger request body is answered with 413.
    package var maximumBodyBytes = 512 << 20

    package init() {}
}

extension Emulator {
    /// Listens on all ports, tells them in one line of JSON, and serves until the task is cancelled.
    package func run(_ configuration: ServerConfiguration, ready: (String) -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let tls = try configuration.certificate.map { files in
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem))
            )
            settings.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: settings)
        }
        var listeners: [Listener] = []
        for service in services {
            listeners.append(
                try await .bind(service, port: configuration.ports[service.name] ?? 0, tls: nil, group: group)
            )
            if let tls {
                listeners.append(
                    try await .bind(
                        service,
                        port: configuration.securePorts[service.name] ?? 0,
                        tls: tls,
                        group: group
                    )
                )
            }
        }
        ready(readyLine(listeners).text)
        try await withThrowingDiscardingTaskGroup { [listeners] tasks in
            for listener in listeners {
                tasks.addTask {
                    try await listener.run(self, maximumBodyBytes: configuration.maximumBodyBytes)
                }
            }
        }
    }

    /// `{"http": {"identity": "http://127.0.0.1:1/", ...}, "https": {...}, "ports": {"identity": 1, ...}, "securePorts": {...}}`
    private func readyLine(_ listeners: [Listener]) -> JSON {
        func members(secure: Bool, _ value: (Listener) -> JSON) -> JSON {
            .object(listeners.filter { $0.isSecure == secure }.map { JSON.Member($0.service.name, value($0)) })
        }
        func address(_ listener: Listener) -> JSON {
            let scheme = listener.isSecure ? "https" : "http"
            let isStorage = listener.service.name == "blob" || listener.service.name == "table"
            let path = isStorage ? environment.accounts.storageName : ""
            return .string("\(scheme)://127.0.0.1:\(listener.port)/\(path)")
        }
        return [
            "ready": true,
            "http": members(secure: false, address),
            "https": members(secure: true, address),
            "ports": members(secure: false) { .integer($0.port) },
            "securePorts": members(secure: true) { .integer($0.port) },
        ]
    }
}
