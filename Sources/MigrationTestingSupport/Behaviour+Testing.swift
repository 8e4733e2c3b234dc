public import MigrationTesting
public import Testing

extension Behaviour: CustomTestStringConvertible {
    /// The promise: what a test report shows for the case.
    public var testDescription: String { name }
}
