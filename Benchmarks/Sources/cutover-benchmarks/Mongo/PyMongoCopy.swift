internal import Foundation
internal import MigrationCore
internal import MongoAdapter

/// The copy of a collection by PyMongo, as a script would do it: side by side, without bars.
///
/// Its part is `Benchmarks/Python/pymongo_copy.py`, run by the interpreter that `CUTOVER_PYMONGO` names. Both sides write with majority
/// and journal.
enum PyMongoCopy {
    private static let count = 40_000
    /// One at a time takes so long that a part of them has to tell.
    private static let singleCount = 2_000
    private static let copies = "pymongo"

    static let benchmark = Benchmark(
        measures: ["mongo-copy-pymongo-single", "mongo-copy-pymongo-bulk"]
    ) { environment in
        try MongoFixture.fill(count: count)
        let connection = try await MongoFixture.connection()
        let source = try await MongoDocumentSpeed.open(connection)
        let target = try await MongoDocumentStore.open("target", on: connection, database: copies)
        let copier = MongoDocumentSpeed.copier(from: source, to: target, workers: 1)
        let raw = try RawMongo(copies)
        var singles: [Double] = []
        let times = try await Alternation(rounds: environment.rounds) {
            try await MongoDocumentSpeed.renew(DocumentFixture.collection, raw, target)
            return try await Stopwatch.seconds {
                let copy = try await copier.copy(DocumentFixture.collection)
                guard copy.isComplete, copy.counts.written == count else { throw RawFailure(copy.description) }
            } / Double(count)
        } reference: {
            let theirs = try run()
            singles.append(1 / theirs.singlePerSecond)
            return 1 / theirs.bulkPerSecond
        }
        await connection.close()
        let single = zip(times.ours, singles).map { $1 / $0 }.median
        return [
            Measure(
                name: "mongo-copy-pymongo-single",
                value: 1 / times.seconds,
                unit: "documents/s",
                comparison: (single, "PyMongo's rate, one document at a time")
            ),
            Measure.rate("mongo-copy-pymongo-bulk", times, "documents/s", of: "PyMongo's rate, in bulk"),
        ]
    }

    /// What the Python program prints.
    private struct Result: Decodable {
        let singlePerSecond: Double
        let bulkPerSecond: Double
    }

    private static func run() throws -> Result {
        try PythonProgram(script: "pymongo_copy.py", interpreterIn: "CUTOVER_PYMONGO").run([
            try MongoFixture.uri(), MongoFixture.database, copies, DocumentFixture.collection.text,
            "\(MongoDocumentSpeed.batchSize)", "\(singleCount)",
        ])
    }
}
