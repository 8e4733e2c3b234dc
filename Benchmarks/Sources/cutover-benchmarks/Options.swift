internal import Foundation

/// The command line.
struct Options {
    /// A word that the names of the measures contain; `nil` for all.
    private(set) var only: String?
    /// Whether a missed bar is a failure.
    private(set) var isStrict = false
    /// Whether only names are printed.
    private(set) var lists = false
    /// Where files are written.
    private(set) var scratch = ".build/benchmarks"
    /// Where the JSON lines go.
    private(set) var results = "results.jsonl"
    /// How often the sides of a comparison alternate.
    private(set) var rounds = 5
    /// What this process measures for another one: see ``ChildJob``.
    private(set) var childJob: [String]?

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--only": only = value(of: argument, &rest)
            case "--strict": isStrict = true
            case "--list": lists = true
            case "--scratch": scratch = value(of: argument, &rest)
            case "--results": results = value(of: argument, &rest)
            case "--rounds":
                guard let count = Int(value(of: argument, &rest)), count >= 5 else { fail("--rounds takes 5 or more") }
                rounds = count
            case ChildJob.argument:
                childJob = Array(rest)
                rest = []
            default: fail("unknown argument \(argument)")
            }
        }
    }

    private func value(of option: String, _ rest: inout ArraySlice<String>) -> String {
        guard let value = rest.popFirst() else { fail("\(option) takes a value") }
        return value
    }

    /// Ends the process with 2 and a reason.
    func fail(_ reason: String) -> Never {
        FileHandle.standardError.write(Data("error: \(reason)\n".utf8))
        exit(2)
    }
}
