import CutoverCMongo
import CutoverCMongoShims
import Foundation
import MigrationCore

/// Makes a fresh mongod the primary of a replica set of its own.
enum Initiation {
    static func begin(port: Int) async throws {
        let members: Value = [["_id": 0, "host": .string("127.0.0.1:\(port)")]]
        let configuration: Value = ["_id": .string(MongodServer.replicaSet), "members": members]
        try await attempt(port: port) { run in
            // Refused once it is done, which the next line shows.
            _ = run(["replSetInitiate": configuration])
            return isPrimary(run)
        }
    }

    static func awaitPrimary(port: Int) async throws { try await attempt(port: port, isPrimary) }

    /// Makes the first user, which a server with authentication lets this machine do.
    static func createUser(_ name: String, password: String, port: Int) async throws {
        try await attempt(port: port) { run in
            run(["createUser": .string(name), "pwd": .string(password), "roles": ["root"]]) != nil
        }
    }

    private static func isPrimary(_ run: (Document) -> Document?) -> Bool {
        run(["hello": 1])?["isWritablePrimary"] == .bool(true)
    }

    /// Repeats a step until it succeeds, for three minutes at most: many tests may be started at the same time.
    private static func attempt(port: Int, _ step: (_ run: (Document) -> Document?) -> Bool) async throws {
        mongoc_init()
        let text =
            "mongodb://127.0.0.1:\(port)/?directConnection=true&serverSelectionTimeoutMS=500&socketTimeoutMS=5000"
        guard let client = mongoc_client_new(text) else { throw MongodError("libmongoc refuses \(text)") }
        defer { mongoc_client_destroy(client) }
        let outcome = cutover_mongo_outcome_new()!
        defer { cutover_mongo_outcome_free(outcome) }
        let start = ContinuousClock.now
        while start.duration(to: .now) < .seconds(180) {
            if step({ command(client, outcome, $0) }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw MongodError("mongod on port \(port) is no primary after three minutes")
    }

    private static func command(_ client: OpaquePointer, _ outcome: OpaquePointer, _ command: Document) -> Document? {
        let none = cutover_mongo_bytes(bytes: nil, count: 0)
        let done = command.bson.withUnsafeBufferPointer { buffer in
            let bytes = cutover_mongo_bytes(bytes: buffer.baseAddress, count: buffer.count)
            return cutover_mongo_command(outcome, client, nil, "admin", bytes, none, CUTOVER_MONGO_PLAIN)
        }
        guard done else { return nil }
        let reply = cutover_mongo_outcome_reply(outcome)
        return try? Document(bson: [UInt8](UnsafeBufferPointer(start: reply.bytes, count: reply.count)))
    }
}

/// A port that nobody listens on.
enum FreePort {
    static func find() throws -> Int {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw MongodError("no socket") }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard bound else { throw MongodError("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
