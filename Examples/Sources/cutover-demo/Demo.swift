internal import ArgumentParser
internal import Foundation

/// `cutover-demo`: the main job on real, local data. Ends with 1 if anything is off.
///
/// What it prints is for people; the last lines are JSON, one for each part, for programs.
@main
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover-demo",
        abstract: "Copies, damages and repairs real data; then moves a tenant to another store while 32 writers write.",
        discussion: """
            The part `copy` loads real data into a store, copies it, damages the copy, finds the damage and repairs it. The part \
            `move` moves a tenant to a second store, back, and there again, while 32 writers append and read back, and then \
            proves from the stores alone that every acknowledged event is there exactly once and in order.
            """
    )

    @Option(help: "Run one part only.")
    var only: Part?

    @Option(help: "The seed of whatever is generated.")
    var seed: UInt64 = 20_240_229

    @Flag(help: "Generate the data even where the machine has real data.")
    var generated = false

    @Option(help: "Write the JSON lines to this file instead of printing them.")
    var summaries: String?

    @Flag(help: "Keep the files and say where they are.")
    var keep = false

    mutating func run() async throws {
        let workspace = try Workspace(keeps: keep)
        defer { workspace.remove() }
        var summaries: [Summary] = []
        for part in Part.allCases where only == nil || only == part {
            let summary = await part.run(in: workspace, seed: seed, generated: generated)
            summaries.append(summary)
        }
        print("")
        for summary in summaries { summary.print() }
        let lines = try summaries.map { try $0.json() + "\n" }.joined()
        if let path = self.summaries {
            try Data(lines.utf8).write(to: URL(filePath: path))
        } else {
            print(lines, terminator: "")
        }
        guard summaries.allSatisfy(\.isGood) else {
            workspace.remove()
            throw ExitCode.failure
        }
    }
}

/// The parts of the demo, in their order.
enum Part: String, CaseIterable, ExpressibleByArgument {
    /// Copy, verify, damage, verify, repair, verify.
    case copy
    /// Move a tenant live, and prove that nothing was lost.
    case move

    /// Runs the part to its end; whatever goes wrong is in its summary.
    func run(in workspace: Workspace, seed: UInt64, generated: Bool) async -> Summary {
        var summary = Summary(part: rawValue)
        do {
            switch self {
            case .copy: try await CopyPart(workspace: workspace, seed: seed, generated: generated).run(&summary)
            case .move: try await MovePart(workspace: workspace, seed: seed, generated: generated).run(&summary)
            }
        } catch {
            summary.fail("\(String(reflecting: error))")
        }
        return summary
    }
}

/// Something that must not happen in the demo, in a sentence.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
