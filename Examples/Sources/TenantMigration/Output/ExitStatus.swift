internal import ArgumentParser

/// The exit codes. They are part of what the program promises: scripts decide by them.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case differences = 2
    case notAllowed = 3
    case notDecided = 4
    case overtaken = 5
    case inconsistent = 6
    case controlStoreBehind = 7
    case unknown = 8
    case uncertain = 9
    case usage = 64
    case refused = 77
    case interrupted = 130

    /// When a command ends with it, and what to do then.
    var meaning: String {
        switch self {
        case .done: "done, or nothing was found wrong"
        case .failed: "a store or the control store failed; the message says which"
        case .differences: "verify, diagnose, plan or repair found something wrong"
        case .notAllowed: "the state of the migration does not allow it"
        case .notDecided: "out of time, or the target lags: nothing changed, try again"
        case .overtaken: "another process decided first: look, and decide again"
        case .inconsistent: "the logs of source and target differ: verify, then repair"
        case .controlStoreBehind: "the control store is of the past: diagnose, repair --route"
        case .unknown: "there is no such migration, or the tenant has no route"
        case .uncertain: "nothing wrong was found, and not everything could be checked"
        case .usage: "the arguments, the configuration or a store's name are wrong"
        case .refused: "nobody confirmed: no terminal and no --yes, or another answer"
        case .interrupted: "interrupted by a signal"
        }
    }

    var code: ExitCode { ExitCode(rawValue) }

    /// The table of `--help`.
    static var help: String {
        allCases.map { status in
            let number = "\(status.rawValue)"
            return "  \(String(repeating: " ", count: 3 - number.count))\(number)  \(status.meaning)"
        }.joined(separator: "\n")
    }
}
