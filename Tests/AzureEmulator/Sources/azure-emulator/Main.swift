import AzureEmulator
import Dispatch

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The program: reads its arguments, prints one line of JSON when it listens, and serves until it is told to end.
@main
struct Main {
    static let help = """
        azure-emulator [--cosmos-port N] [--blob-port N] [--table-port N] [--identity-port N]
                       [--tls CHAIN.pem KEY.pem] [--cosmos-secure-port N] [--blob-secure-port N]
                       [--table-secure-port N] [--identity-secure-port N]
                       [--maximum-body-bytes N] [--end-with-stdin]

        Serves on 127.0.0.1; a port of 0, the default, takes a free one. Prints one line of JSON with the addresses
        once it listens. Ends on SIGTERM and, with --end-with-stdin, when its standard input is closed.
        """

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") {
            print(help)
            return
        }
        var endsWithInput = false
        guard let configuration = parse(arguments, &endsWithInput) else {
            fail(help, code: 64)
        }
        signal(SIGTERM) { _ in _exit(0) }
        signal(SIGINT) { _ in _exit(0) }
        signal(SIGPIPE, SIG_IGN)
        if endsWithInput { endWithInput() }
        do {
            try await Emulator().run(configuration) { line in
                print(line)
                fflush(nil)
            }
        } catch {
            fail("azure-emulator: \(error)", code: 1)
        }
    }

    private static func parse(_ arguments: [String], _ endsWithInput: inout Bool) -> ServerConfiguration? {
        var configuration = ServerConfiguration()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--end-with-stdin": endsWithInput = true
            case "--tls":
                guard let chain = rest.popFirst(), let key = rest.popFirst() else { return nil }
                configuration.certificate = (chain, key)
            case "--maximum-body-bytes":
                guard let bytes = rest.popFirst().flatMap({ Int($0) }), bytes > 0 else { return nil }
                configuration.maximumBodyBytes = bytes
            default:
                guard argument.hasPrefix("--"), argument.hasSuffix("-port"),
                    let port = rest.popFirst().flatMap({ Int($0) }), (0...65_535).contains(port)
                else { return nil }
                var name = String(argument.dropFirst(2).dropLast(5))
                let isSecure = name.hasSuffix("-secure")
                if isSecure { name = String(name.dropLast(7)) }
                guard ["cosmos", "blob", "table", "identity"].contains(name) else { return nil }
                if isSecure { configuration.securePorts[name] = port } else { configuration.ports[name] = port }
            }
        }
        return configuration
    }

    /// Waits for the end of the standard input, so that no emulator outlives its test run.
    private static func endWithInput() {
        DispatchQueue(label: "standard input").async {
            var byte: UInt8 = 0
            while true {
                let count = read(0, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { _exit(0) }
            }
        }
    }

    private static func fail(_ text: String, code: Int32) -> Never {
        _ = Array((text + "\n").utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
        exit(code)
    }
}
