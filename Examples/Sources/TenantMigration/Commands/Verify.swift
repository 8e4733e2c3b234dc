public import ArgumentParser
public import MigrationCore

extension ConsistencyVerifier.Level: @retroactive ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument == "hash" ? "digest" : argument) }

    public static var allValueStrings: [String] { [Self.count, .digest, .full].map(\.rawValue) }
}

/// `verify`: compares source and target, by a path of its own.
struct VerifyCommand: MigrationCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares source and target of a migration, event by event, while the application writes."
    )

    @OptionGroup(title: "Stores") var shared: SharedOptions
    @OptionGroup var choice: MigrationChoice

    @Option(help: "How deep to look: count, digest or full.")
    var level: ConsistencyVerifier.Level = .full

    @Option(help: "How many percent of the streams are compared in content; the rest is counted.")
    var sample: Double = 100

    mutating func validate() throws {
        guard (0...100).contains(sample) else { throw ValidationError("A sample is between 0 and 100 percent.") }
    }

    func execute(in session: Session, output: Output) async throws -> VerificationOutput {
        let record = try await choice.find(in: session)
        return VerificationOutput(
            try await session.coordinator.verify(record.id, level: level, samplePercentage: sample)
        )
    }
}
