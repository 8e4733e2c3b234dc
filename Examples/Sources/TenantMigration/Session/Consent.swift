internal import Foundation

/// Asks before something is destroyed or moved.
struct Consent {
    let isGiven: Bool
    let output: Output

    /// Returns when the operator agrees. Throws a ``Failure`` with ``ExitStatus/refused`` when not, or when nobody can be asked.
    func require(_ what: String) throws {
        if isGiven { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure(
                .refused,
                code: "refused",
                message: "\(what) There is no terminal to ask on; repeat the command with --yes if that is meant."
            )
        }
        output.note(what)
        output.ask("Type yes to go on: ")
        guard readLine()?.lowercased() == "yes" else {
            throw Failure(.refused, code: "refused", message: "Nothing was done.")
        }
    }
}
