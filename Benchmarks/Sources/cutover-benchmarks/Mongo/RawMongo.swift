internal import BenchmarksRawMongo
internal import Dispatch
internal import MigrationCore
internal import Synchronization

/// A client as a program has it that uses libmongoc directly; its loops are in C.
final class RawMongo {
    private static let errorLength = 256

    private let pointer: OpaquePointer

    /// Connects to a database of the server of the measures.
    init(_ database: String = MongoFixture.database) throws {
        guard let pointer = raw_mongo_open(try MongoFixture.uri(), database) else {
            throw RawFailure("libmongoc refuses the connection string")
        }
        self.pointer = pointer
    }

    deinit { raw_mongo_close(pointer) }

    /// Documents as the raw loop inserts them, one behind the other.
    static func bytes(of documents: [(key: DocumentKey, document: Document)]) -> [UInt8] {
        documents.reduce(into: []) { $0 += $1.document.bson }
    }

    func drop(_ collection: String) throws {
        _ = try counted { raw_mongo_drop(pointer, collection, &$0) ? 0 : -1 }
    }

    @discardableResult
    func insert(_ bytes: [UInt8], into collection: String, batchSize: Int) throws -> Int {
        try counted { raw_mongo_insert(pointer, collection, bytes, bytes.count, Int32(batchSize), &$0) }
    }

    func scan(_ collection: String, batchSize: Int) throws -> Int {
        try counted { raw_mongo_scan(pointer, collection, Int32(batchSize), &$0) }
    }

    /// Copies one of `parts` ranges into the collection of the same name in another database.
    func copy(
        _ collection: String,
        into database: String,
        batchSize: Int,
        part: Int = 0,
        parts: Int = 1,
        inTransactions: Bool = false
    ) throws -> Int {
        try counted {
            raw_mongo_copy(
                pointer,
                collection,
                database,
                collection,
                Int32(batchSize),
                Int32(part),
                Int32(parts),
                inTransactions,
                &$0
            )
        }
    }

    /// Copies with as many threads as workers, each with a client and a range of its own.
    static func copy(_ collection: String, into database: String, batchSize: Int, workers: Int) throws -> Int {
        let results = Mutex<[Result<Int, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: workers) { part in
            let result = Result {
                try RawMongo().copy(collection, into: database, batchSize: batchSize, part: part, parts: workers)
            }
            results.withLock { $0.append(result) }
        }
        return try results.withLock { try $0.reduce(0) { try $0 + $1.get() } }
    }

    private func counted(_ call: (inout [CChar]) -> Int64) throws -> Int {
        var error = [CChar](repeating: 0, count: Self.errorLength)
        let count = call(&error)
        guard count >= 0 else { throw Self.failure(error) }
        return Int(count)
    }

    /// What a loop wrote into its error text.
    private static func failure(_ error: [CChar]) -> RawFailure {
        RawFailure(String(decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
