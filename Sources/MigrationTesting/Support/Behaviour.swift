/// One promise of a protocol, as a value that can be run against a conformer.
///
/// Conformance suites are lists of these. Run each in whatever test framework you use: a run that returns is a promise kept,
/// and one that throws ``ConformanceFailure`` says what was expected and what was seen. Behaviours are independent: each
/// makes its own fresh store, so any number of them may run at the same time.
public struct Behaviour: Sendable, Identifiable {
    /// The promise, as a sentence. Unique within its suite and stable between releases of the same major version.
    public let name: String
    private let body: @Sendable () async throws -> Void

    /// Makes a behaviour of a suite of your own.
    ///
    /// - Parameters:
    ///   - name: the promise, as a sentence.
    ///   - body: checks it; it throws when the promise does not hold.
    public init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// The name.
    public var id: String { name }

    /// Checks the promise. Throws ``ConformanceFailure`` when it does not hold.
    public func run() async throws { try await body() }
}

extension Behaviour: CustomStringConvertible {
    /// The name.
    public var description: String { name }
}
