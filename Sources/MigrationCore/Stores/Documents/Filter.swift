/// A condition on documents that means the same in every store.
///
/// **Comparison.** ``less(_:_:)`` and its siblings match values of the same kind as the operand: numbers of all types by
/// mathematical value, texts by their UTF-8 bytes, dates by time, and so on in the one order of values that is defined for
/// sorting. A value of another kind, or a missing one, does not match. ``equal(_:_:)`` with null matches null only,
/// never a missing field. NaN equals NaN and is less than every other number.
///
/// **Arrays** are values like others: a path does not reach into their elements unless it names an index; use
/// ``contains(_:_:)`` for membership. **Paths** may go through documents and array indexes.
///
/// ``not(_:)`` is plain negation, so `not(equal("a", 1))` also matches documents without `a`.
public indirect enum Filter: Sendable, Hashable {
    /// Every document.
    case all
    /// The value is there and equal; numbers compare by value across types.
    case equal(FieldPath, Value)
    /// The value is of the operand's kind and less.
    case less(FieldPath, Value)
    /// The value is of the operand's kind and less or equal.
    case lessOrEqual(FieldPath, Value)
    /// The value is of the operand's kind and greater.
    case greater(FieldPath, Value)
    /// The value is of the operand's kind and greater or equal.
    case greaterOrEqual(FieldPath, Value)
    /// The value is there and equal to one of these; an empty list matches nothing.
    case oneOf(FieldPath, [Value])
    /// The field is there, with whatever value, null included.
    case exists(FieldPath)
    /// The value is a text that begins with this one, byte by byte.
    case hasPrefix(FieldPath, String)
    /// The value is an array with an equal element.
    case contains(FieldPath, Value)
    /// All of these; an empty list matches everything.
    case and([Filter])
    /// At least one of these; an empty list matches nothing.
    case or([Filter])
    /// Not this.
    case not(Filter)
}
