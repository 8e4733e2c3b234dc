/// What goes on while the writers write: one stage of the demo after the other.
enum Phase: Int, CaseIterable, Sendable {
    case beforeTheMove, firstMove, afterTheMove, rollback, afterTheRollback, secondMove, afterTheSecondMove

    /// What it is called in the table.
    var title: String {
        switch self {
        case .beforeTheMove: "before the move"
        case .firstMove: "during the move"
        case .afterTheMove: "after the move"
        case .rollback: "during the rollback"
        case .afterTheRollback: "after the rollback"
        case .secondMove: "during the second move"
        case .afterTheSecondMove: "after the second move"
        }
    }

    /// Phases that are compared with each other.
    enum Kind: String, CaseIterable {
        case before, during, after
    }

    /// Whether nothing has moved yet, something moves, or something has moved.
    var kind: Kind {
        switch self {
        case .beforeTheMove: .before
        case .firstMove, .rollback, .secondMove: .during
        case .afterTheMove, .afterTheRollback, .afterTheSecondMove: .after
        }
    }
}
