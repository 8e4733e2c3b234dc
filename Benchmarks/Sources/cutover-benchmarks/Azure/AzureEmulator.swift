internal import Crypto
internal import Foundation

/// The Azure emulator, in a process of its own on free ports: the server of the measures of Azure.
///
/// `Scripts/bench.sh` builds it and names it in `CUTOVER_EMULATOR`. It ends with this process, however that ends.
final class AzureEmulator {
    private static let storageKey =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    /// The key of the Cosmos account; like that of the storage account it is published by the vendor.
    static let cosmosKey = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="

    /// Where its services listen, by name.
    let endpoints: [String: String]
    private let process: Process
    private let lifeline: Pipe

    /// Starts it and waits until it listens.
    init() throws {
        guard let program = ProcessInfo.processInfo.environment["CUTOVER_EMULATOR"] else {
            throw RawFailure("no emulator for the measures of Azure: run them through Scripts/bench.sh")
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--end-with-stdin"]
        let output = Pipe()
        lifeline = Pipe()
        process.standardInput = lifeline
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw RawFailure("the emulator ended at once") }
            line += bytes
        }
        endpoints = try JSONDecoder().decode(Ready.self, from: line).http
    }

    /// Ends it.
    func end() {
        process.terminate()
        process.waitUntilExit()
    }

    private struct Ready: Decodable {
        let http: [String: String]
    }

    // MARK: Accounts

    func endpoint(of service: String) throws -> String {
        guard let endpoint = endpoints[service] else { throw RawFailure("the emulator has no \(service)") }
        return endpoint
    }

    /// The connection string of the Cosmos account.
    func cosmos() throws -> String {
        "AccountEndpoint=\(try endpoint(of: "cosmos"));AccountKey=\(Self.cosmosKey);"
    }

    /// The connection string of the storage account.
    func storage() throws -> String {
        "AccountName=devstoreaccount1;AccountKey=\(Self.storageKey);BlobEndpoint=\(try endpoint(of: "blob"))"
    }

    /// A shared access signature for everything in the storage account, for clients that do not sign.
    static func sharedAccess() -> String {
        let (version, expiry, permissions) = ("2021-12-02", "2099-01-01T00:00:00Z", "rwdlac")
        let text = ["devstoreaccount1", permissions, "b", "sco", "", expiry, "", "", version, "", ""]
        let key = SymmetricKey(data: Data(base64Encoded: storageKey) ?? Data())
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.joined(separator: "\n").utf8), using: key)
        let signature = Data(code).base64EncodedString().replacing("+", with: "%2B").replacing("/", with: "%2F")
            .replacing("=", with: "%3D")
        return "sv=\(version)&ss=b&srt=sco&sp=\(permissions)&se=\(expiry)&sig=\(signature)"
    }

    // MARK: Hooks

    /// Calls a hook of the emulator.
    ///
    /// - Returns: what it answers.
    @discardableResult
    func control(_ method: String, _ path: String, _ body: String? = nil) throws -> String {
        let (status, answer) = try RawCurl.request(method, "\(try endpoint(of: "cosmos"))_emulator/\(path)", body)
        guard (200..<300).contains(status) else { throw RawFailure("the emulator answers \(path) with \(status)") }
        return answer
    }
}
