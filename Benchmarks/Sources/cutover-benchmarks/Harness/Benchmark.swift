internal import Foundation

/// Measures that are taken together, because they share their input or their reference.
struct Benchmark: Sendable {
    /// The names of the measures; `--only` selects by them.
    let measures: [String]
    /// Takes them.
    let run: @Sendable (Environment) async throws -> [Measure]
}

/// What a benchmark may use.
struct Environment: Sendable {
    /// A folder on the disk of the checkout, for files that are written; each benchmark makes its own folder in it.
    let scratch: String
    /// How often the sides of a comparison alternate; at least 5.
    let rounds: Int

    /// Makes a folder of its own for a benchmark.
    func folder(_ name: String) throws -> String {
        let path = "\(scratch)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Removes an SQLite file with what belongs to it.
    static func removeDatabase(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

/// Times of two sides that took turns, so that whatever else the machine did struck both.
struct Alternation {
    /// Seconds for each operation of ours, one element a round.
    private(set) var ours: [Double] = []
    /// Seconds for each operation of the reference, one element a round.
    private(set) var reference: [Double] = []

    /// Runs both sides in turn, each round beginning with the other one.
    ///
    /// - Parameters:
    ///   - rounds: how often.
    ///   - ours: one run; returns its seconds for each operation.
    ///   - reference: one run of the reference; likewise.
    init(rounds: Int, ours: () async throws -> Double, reference: () async throws -> Double) async rethrows {
        for round in 0..<rounds {
            if round.isMultiple(of: 2) {
                self.reference.append(try await reference())
                self.ours.append(try await ours())
            } else {
                self.ours.append(try await ours())
                self.reference.append(try await reference())
            }
        }
    }

    /// The median of ours.
    var seconds: Double { ours.median }
    /// How many times as fast as the reference ours is: the median over the rounds.
    var speedup: Double { zip(ours, reference).map { $1 / $0 }.median }
    /// How many times as long as the reference ours takes: the median over the rounds.
    var slowdown: Double { zip(ours, reference).map { $0 / $1 }.median }
}

extension [Double] {
    /// The middle element, or the mean of the two in the middle.
    var median: Double {
        let ordered = sorted()
        let middle = count / 2
        return count.isMultiple(of: 2) ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
    }
}
