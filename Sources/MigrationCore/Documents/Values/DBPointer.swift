/// BSON's deprecated reference to a document of another collection; kept so that old data survives a move.
public struct DBPointer: Sendable, Hashable {
    /// Database and collection, as one text.
    public let namespace: String
    /// The identifier of the document.
    public let id: ObjectID

    /// Makes a reference.
    public init(namespace: String, id: ObjectID) {
        self.namespace = namespace
        self.id = id
    }

    /// Compares bytes: canonically equivalent texts stay different.
    public static func == (a: DBPointer, b: DBPointer) -> Bool {
        a.namespace.hasSameUTF8(as: b.namespace) && a.id == b.id
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combineUTF8(of: namespace)
        hasher.combine(id)
    }
}
