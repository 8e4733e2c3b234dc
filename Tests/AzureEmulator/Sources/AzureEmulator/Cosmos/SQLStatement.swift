/// An expression of a query.
indirect enum SQLExpression: Sendable {
    /// A value; undefined if there is none.
    case constant(JSON?)
    case parameter(String)
    /// The document itself, by the name that the query gives it.
    case document
    case member(SQLExpression, SQLExpression)
    case not(SQLExpression)
    case negative(SQLExpression)
    case binary(String, SQLExpression, SQLExpression)
    case isOneOf(SQLExpression, [SQLExpression])
    case call(String, [SQLExpression])
    case aggregate(Int)
    case array([SQLExpression])
    case object([(name: String, value: SQLExpression)])
}

/// `COUNT`, `SUM`, `MIN`, `MAX` or `AVG` of an expression over all documents that the filter selects.
struct SQLAggregate: Sendable {
    /// The name as a plan writes it.
    let name: String
    let operand: SQLExpression
    let text: String
}

/// A query, taken apart.
struct SQLStatement: Sendable {
    enum Selection: Sendable {
        case all
        case value(SQLExpression, text: String)
        case list([(name: String, value: SQLExpression, text: String)])
    }

    struct Order: Sendable {
        var value: SQLExpression
        var isDescending: Bool
        var text: String
    }

    var text = ""
    var isDistinct = false
    var top: Int?
    var selection = Selection.all
    var alias = "c"
    var fromText = ""
    var filter: SQLExpression?
    var filterText = ""
    var orders: [Order] = []
    var offset: Int?
    var limit: Int?
    /// Where the page begins in the text, if it is limited.
    var limitStart: Int?
    var aggregates: [SQLAggregate] = []

    /// Whether each document's row depends on this document alone.
    var isStreaming: Bool {
        orders.isEmpty && aggregates.isEmpty && !isDistinct && top == nil && offset == nil
    }
}
