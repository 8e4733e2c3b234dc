import Synchronization

/// The rules that the services keep, each of which can be broken on purpose to see that a test notices.
package final class Rules: Sendable {
    private let names: Set<String>
    private let broken = Mutex<Set<String>>([])

    /// Starts with all rules kept.
    package init(names: [String]) {
        self.names = Set(names)
        precondition(self.names.count == names.count, "two rules have the same name")
    }

    /// Whether a rule is kept. Asking for a rule that no service lists is a slip of the programmer.
    package func holds(_ name: String) -> Bool {
        precondition(names.contains(name), "no service lists the rule \(name)")
        return broken.withLock { $0.isEmpty || !$0.contains(name) }
    }

    /// Breaks a rule; false if there is none of this name.
    package func breakRule(_ name: String) -> Bool {
        guard names.contains(name) else { return false }
        _ = broken.withLock { $0.insert(name) }
        return true
    }

    /// Keeps a rule again; false if there is none of this name.
    package func restore(_ name: String) -> Bool {
        guard names.contains(name) else { return false }
        _ = broken.withLock { $0.remove(name) }
        return true
    }

    package func restoreAll() { broken.withLock { $0 = [] } }

    /// All rules by name, each with whether it is kept.
    package var listing: JSON {
        let broken = broken.withLock { $0 }
        return .object(names.sorted().map { JSON.Member($0, .bool(!broken.contains($0))) })
    }
}
