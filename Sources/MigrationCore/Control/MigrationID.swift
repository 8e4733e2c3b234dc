/// The random identity of a migration.
public struct MigrationID: Sendable, Hashable, CustomStringConvertible {
    private let event: EventID

    /// Draws a new id.
    public init(from source: RandomSource = .system) { event = EventID(from: source) }

    /// The UUID's text in lower case.
    public var description: String { event.description }

    /// Reads the text of a UUID back; `nil` for anything else.
    public init?(_ text: String) {
        guard let event = EventID(text) else { return nil }
        self.event = event
    }
}
