/// An SQL text that is written once and prepared once per connection: declare it as a static constant.
///
/// Its identity, not its characters, is what a connection finds the prepared statement by.
final class SQL: Sendable, ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) {
        self.text = text
    }
}
