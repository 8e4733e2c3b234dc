import Foundation

/// The command line.
struct FuzzOptions {
    /// How many inputs to make.
    var count = 1_000_000
    /// What they depend on; random unless given.
    var seed = UInt64.random(in: 0...UInt64(UInt32.max))
    /// The number of the first input.
    var first = 0

    struct Malformed: Error {
        let message: String
    }

    init(_ arguments: ArraySlice<String>) throws(Malformed) {
        var rest = arguments
        while let name = rest.popFirst() {
            guard let text = rest.popFirst() else { throw Malformed(message: "\(name) needs a value") }
            switch name {
            case "--count": count = try Self.number(text, of: name)
            case "--first": first = try Self.number(text, of: name)
            case "--seed":
                guard let number = UInt64(text) else { throw Malformed(message: "--seed needs a number, not \(text)") }
                seed = number
            default: throw Malformed(message: "\(name) is none of --count, --seed and --first")
            }
        }
    }

    private static func number(_ text: String, of name: String) throws(Malformed) -> Int {
        guard let number = Int(text), number >= 0, number <= Int(Int32.max) else {
            throw Malformed(message: "\(name) needs a number from 0 to \(Int32.max), not \(text)")
        }
        return number
    }
}

/// Ends the program.
func exitProcess(_ code: Int32) -> Never {
    exit(code)
}
