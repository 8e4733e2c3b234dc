internal import ArgumentParser
internal import MigrationCore

/// A subcommand: it opens what the options name, does its work, and prints one report.
protocol MigrationCommand: AsyncParsableCommand, Sendable {
    associatedtype Result: Report

    var shared: SharedOptions { get }
    /// Whether the command can do without some of the stores.
    var need: Session.Need { get }

    /// Sets what the command's options say about the coordinator.
    func configure(_ configuration: inout MigrationCoordinator.Configuration)
    /// Does the work.
    func execute(in session: Session, output: Output) async throws -> Result
}

extension MigrationCommand {
    var need: Session.Need { .everyStore }

    func configure(_ configuration: inout MigrationCoordinator.Configuration) {}

    func run() async throws {
        let output = Output(isJSON: shared.json)
        let name = Self.configuration.commandName ?? "\(Self.self)"
        do {
            let session = try await Session.open(Settings(shared), need: need, configure: configure)
            for (store, failure) in session.unreachable.sorted(by: { $0.key < $1.key }) {
                output.note("warning: the store '\(store)' cannot be opened: \(failure.message)")
            }
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await execute(in: session, output: output)) } catch { result = .failure(error) }
            await session.close()
            let report = try result.get()
            output.show(report, of: name)
            if report.status != .done { throw report.status.code }
        } catch let code as ExitCode {
            throw code
        } catch {
            let failure = Failure(catching: error)
            output.fail(failure, of: name)
            throw failure.status.code
        }
    }
}
