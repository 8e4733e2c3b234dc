import CutoverDocumentCorpus
import MigrationCore

/// `cutover-fuzz [--count n] [--seed n] [--first n]`: mutates the corpora of the tests and checks what must hold for
/// every input.
///
/// Input n of a seed is always the same, so a failure is repeated with `--seed s --first n --count 1`. The program
/// ends with 1 when a check failed, or when so few or so many inputs were accepted that the run proves nothing.
@main
struct FuzzProgram {
    /// The share of inputs that must be accepted, in percent.
    static let acceptance = 5.0...95.0
    /// After so many failures the run ends.
    static let maximumFailures = 10

    static func main() throws {
        let options: FuzzOptions
        do {
            options = try FuzzOptions(CommandLine.arguments.dropFirst())
        } catch {
            print("error: \(error.message)")
            exitProcess(2)
        }
        print("cutover-fuzz --count \(options.count) --seed \(options.seed) --first \(options.first)")
        let clock = ContinuousClock()
        let start = clock.now
        var run = FuzzRun(seed: options.seed)
        for index in options.first..<(options.first + options.count) {
            run.check(index)
            if run.failures >= maximumFailures { break }
        }
        run.statistics.print(elapsed: start.duration(to: clock.now))
        if run.failures > 0 {
            print("failed: \(run.failures) inputs")
            exitProcess(1)
        }
        if options.count >= 1000, !run.statistics.isTelling(acceptance) {
            print("failed: between 5 and 95 % of the inputs of each kind have to be accepted")
            exitProcess(1)
        }
        print("passed")
    }
}

/// One run: the seeds, the mutator, and the counts.
struct FuzzRun {
    let seed: UInt64
    var failures = 0
    var statistics = FuzzStatistics()

    private let texts = FuzzSeeds.texts
    private let malformed = FuzzSeeds.malformed
    private let documents = FuzzSeeds.documents

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Makes input `index` and checks it. Three of four inputs are JSON, the others BSON.
    mutating func check(_ index: Int) {
        var mutator = Mutator(seed: seed, index: index)
        let isText = index % 4 != 3
        let seeds = !isText ? documents : index % 8 == 0 ? malformed : texts
        let input = mutator.mutate(seeds, with: isText ? .json : .bson)
        do throws(Violation) {
            if isText {
                try TextCheck(input).run(&statistics)
            } else {
                try BSONCheck(input).run(&statistics)
            }
        } catch {
            failures += 1
            print("violation: \(error.message)")
            print("  input: \(isText ? quoted(input) : hex(input))")
            print("  again: cutover-fuzz --seed \(seed) --first \(index) --count 1")
        }
    }

    private func quoted(_ bytes: [UInt8]) -> String {
        bytes.map { (0x20..<0x7F).contains($0) && $0 != 0x5C ? String(UnicodeScalar($0)) : "\\x" + hex([$0]) }.joined()
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// A promise that an input broke.
struct Violation: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// What the inputs are made from.
enum FuzzSeeds {
    /// Longer texts would only make the run slow.
    static let maximumBytes = 4096

    /// Texts that are accepted.
    static let texts = DocumentCorpus.valid
        .flatMap { [Array($0.json.utf8), Array($0.canonical.utf8), Array($0.relaxed.utf8)] }
        .filter { $0.count <= maximumBytes }

    /// Texts that are refused.
    static let malformed = DocumentCorpus.invalid.map(\.bytes).filter { $0.count <= maximumBytes }

    /// Documents as BSON.
    static let documents = DocumentCorpus.valid
        .compactMap { sample in (try? Document(json: sample.json))?.bson }
        .filter { $0.count <= maximumBytes }
}
