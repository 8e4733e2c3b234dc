package import MigrationCore

/// A connection string of Azure, taken apart: `Name=value;Name=value`. Its texts show names only.
package struct ConnectionString: Sendable {
    private let values: [String: String]
    /// The names, as they were written.
    package let names: [String]

    /// Takes a text apart. Names are read without regard to case; a value begins after the first equal sign.
    ///
    /// - Throws: `invalidConfiguration`, without repeating any value.
    package init(_ text: String) throws(StoreError) {
        var values: [String: String] = [:]
        var names: [String] = []
        for part in text.split(separator: ";") {
            let part = part.trimmed
            if part.isEmpty { continue }
            guard let equals = part.firstIndex(of: "=") else {
                throw StoreError(
                    .invalidConfiguration,
                    "Part \(names.count + 1) of the connection string has no equal sign; copy the whole string again."
                )
            }
            let name = String(part[..<equals].trimmed)
            guard
                values.updateValue(String(part[part.index(after: equals)...].trimmed), forKey: name.lowercased()) == nil
            else {
                throw StoreError(.invalidConfiguration, "The connection string has a part twice; copy it again.")
            }
            names.append(name)
        }
        guard !names.isEmpty else {
            throw StoreError(.invalidConfiguration, "The connection string is empty.")
        }
        self.values = values
        self.names = names
    }

    /// The value of a part; nil also for an empty one.
    package subscript(name: String) -> String? {
        values[name.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value of a part that must be there.
    package func required(_ name: String) throws(StoreError) -> String {
        guard let value = self[name] else {
            throw StoreError(
                .invalidConfiguration,
                "The connection string lacks its part '\(name)'; copy the whole string again."
            )
        }
        return value
    }
}

extension ConnectionString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { names.map { "\($0)=<hidden>" }.joined(separator: ";") }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: names) }
}

extension Substring {
    /// Without white space at the ends.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
