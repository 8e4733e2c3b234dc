/// A place in a process's work at which it kills or stops itself: a step, a moment of that step, and the how many-th passage.
///
/// Its text is `step:moment:passage`, such as `append:inside:37` or `control.cutover:before:1`.
struct CrashPoint: Sendable, Hashable {
    /// When, seen from the call of a store that the step is.
    enum Moment: String, Sendable, CaseIterable {
        /// The call is about to be made.
        case before
        /// Its transaction has written a row, and more may follow.
        case row
        /// Its transaction has written everything and is about to be committed; on a server, any moment of the call.
        case inside
        /// It was answered, and whoever made it has not been told.
        case after

        /// Whether the call is under way then: with SQLite a transaction is open, with a server it may be.
        var isInTransaction: Bool { self == .row || self == .inside }
    }

    let step: String
    let moment: Moment
    var passage: Int

    /// The point without the number of the passage.
    var name: String { "\(step):\(moment.rawValue)" }
    var text: String { "\(name):\(passage)" }

    init(_ step: String, _ moment: Moment, passage: Int = 1) {
        self.step = step
        self.moment = moment
        self.passage = passage
    }

    init?(_ text: String) {
        let words = text.split(separator: ":")
        guard words.count == 3, let moment = Moment(rawValue: String(words[1])), let passage = Int(words[2]),
            passage > 0
        else { return nil }
        self.init(String(words[0]), moment, passage: passage)
    }
}
