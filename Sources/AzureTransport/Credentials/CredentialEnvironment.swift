#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The variables that credentials look at. It shows names only: values may be secrets.
package struct CredentialEnvironment: Sendable {
    private let variables: [String: String]

    package init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The variables of this process, as they are now.
    package static var process: CredentialEnvironment { CredentialEnvironment(ProcessInfo.processInfo.environment) }

    /// The value of a variable; nil also for an empty one.
    package subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension CredentialEnvironment: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(variables.count) variables" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["count": variables.count]) }
}
