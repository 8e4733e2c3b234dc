internal import CutoverCMongo
internal import CutoverCMongoShims
public import MigrationCore

/// A connection string of MongoDB, parsed by libmongoc, whose text never shows its credentials.
///
/// Every option that libmongoc knows is allowed: TLS, `authSource`, SCRAM, X.509, `mongodb+srv`, compressors, timeouts. The
/// few that would break a promise of the stores are refused by name when a connection is opened.
public struct MongoURI: Sendable, CustomStringConvertible {
    /// The name of the database in the path, if there is one.
    public let database: String?
    /// Hosts, database and harmless options, without credentials: for logs and manifests.
    public let description: String

    /// Parses a connection string.
    ///
    /// - Throws: `invalidConfiguration` when libmongoc refuses it. The error says where, and does not repeat the text.
    public init(_ text: String) throws(StoreError) {
        let parsed = try ParsedURI(text)
        database = parsed.database
        description = parsed.redacted(isSRV: text.hasPrefix("mongodb+srv://"))
    }
}

/// What libmongoc makes of a connection string.
///
/// Safety: owned from `init` to `deinit`, used by one caller.
@safe final class ParsedURI {
    let pointer: OpaquePointer

    init(_ text: String) throws(StoreError) {
        Library.start()
        let outcome = MongoOutcome()
        guard !text.utf8.contains(0), let uri = unsafe cutover_mongo_uri_new(outcome.pointer, text) else {
            // The text of libmongoc's error may repeat parts of the URI, so it is left out.
            throw StoreError(
                .invalidConfiguration,
                "The connection string is none that libmongoc reads; check scheme, hosts, escaping and options."
            )
        }
        unsafe pointer = uri
    }

    deinit { unsafe mongoc_uri_destroy(pointer) }

    var database: String? { unsafe mongoc_uri_get_database(pointer).map { unsafe String(cString: $0) } }

    func has(_ option: String) -> Bool { unsafe mongoc_uri_has_option(pointer, option) }

    /// Options that say nothing about who connects, in libmongoc's spelling.
    private static let harmless: Set<String> = [
        "appname", "compressors", "connecttimeoutms", "directconnection", "heartbeatfrequencyms", "journal",
        "loadbalanced", "localthresholdms", "maxidletimems", "readconcernlevel", "replicaset", "retryreads",
        "retrywrites", "serverselectiontimeoutms", "sockettimeoutms", "srvmaxhosts", "srvservicename", "tls", "w",
        "wtimeoutms", "zlibcompressionlevel",
    ]

    /// The URI with nothing in it that authenticates; put together from its parts, not by cutting its text.
    func redacted(isSRV: Bool) -> String {
        var hosts: [String] = []
        if isSRV, let host = unsafe mongoc_uri_get_srv_hostname(pointer) {
            hosts.append(unsafe String(cString: host))
        } else {
            var host = unsafe mongoc_uri_get_hosts(pointer)
            while let current = unsafe host {
                let name = unsafe withUnsafeBytes(of: current.pointee.host_and_port) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                hosts.append(name)
                unsafe host = unsafe current.pointee.next.map { unsafe UnsafePointer($0) }
            }
        }
        let bytes = unsafe cutover_mongo_uri_options(pointer)
        let copy = unsafe [UInt8](UnsafeBufferPointer(start: bytes.bytes, count: bytes.count))
        var options: [String] = []
        for (name, value) in (try? Document(bson: copy)) ?? Document() where Self.harmless.contains(name.lowercased()) {
            switch value {
            case .string(let text): options.append("\(name)=\(text)")
            case .bool(let flag): options.append("\(name)=\(flag)")
            case .int32(let number): options.append("\(name)=\(number)")
            case .int64(let number): options.append("\(name)=\(number)")
            default: continue
            }
        }
        let scheme = isSRV ? "mongodb+srv" : "mongodb"
        let query = options.isEmpty ? "" : "?" + options.joined(separator: "&")
        return "\(scheme)://\(hosts.joined(separator: ","))/\(database ?? "")\(query)"
    }
}

/// libmongoc itself.
enum Library {
    private static let started: Void = {
        // Called once per process and never undone: threads of pools may outlive every store.
        mongoc_init()
        // It would print to standard error what is thrown as an error as well, and without regard to secrets.
        mongoc_log_set_handler(nil, nil)
    }()

    static func start() { _ = started }
}
