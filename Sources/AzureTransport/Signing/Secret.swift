/// Text that authenticates. It shows itself only to code that asks for it by name.
package struct Secret: Sendable, Hashable {
    /// The text. Never log it, and never put it into an error.
    package let revealed: String

    package init(_ text: String) {
        revealed = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, unlabeledChildren: [description]) }
}
