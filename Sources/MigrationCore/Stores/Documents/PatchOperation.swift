/// One change to a part of a document. Operations of one patch are applied in order, all or none.
public enum PatchOperation: Sendable, Hashable {
    /// Sets the value at a path. Missing documents on the way are created; an array index must exist or be the next one.
    case set(FieldPath, Value)
    /// Removes the value at a path; removing what is missing changes nothing. An element of an array is taken out.
    case remove(FieldPath)
    /// Adds to the number at a path; a missing one counts as zero. Never retried blind.
    ///
    /// Integers stay integers and a 32-bit one grows to 64 bits; beyond 64 bits the patch throws `invalidArgument`.
    case increment(FieldPath, by: Int64)
    /// Puts a value at the end of the array at a path; a missing array is created.
    case append(FieldPath, Value)
}
