/// A container that is being filled. A class, because encoders hand out containers that write to the same place.
final class EncodingNode {
    private enum Content {
        case empty
        case single(EncodingSlot)
        case document(UTF8NameIndex, [EncodingSlot])
        case array([EncodingSlot])
    }

    private var content = Content.empty
    private let codingPath: [any CodingKey]

    init(codingPath: [any CodingKey]) {
        self.codingPath = codingPath
    }

    /// Makes this a document, unless it is one.
    func beginDocument() {
        if case .document = content { return }
        content = .document(UTF8NameIndex(), [])
    }

    /// Makes this an array, unless it is one.
    func beginArray() {
        if case .array = content { return }
        content = .array([])
    }

    /// Makes this a single value.
    func set(_ slot: EncodingSlot) {
        content = .single(slot)
    }

    /// Sets a field of the document.
    func set(_ slot: EncodingSlot, forKey name: String) {
        guard case .document(var index, var slots) = content else { return }
        content = .empty
        if let place = index.place(of: name) {
            slots[place] = slot
        } else {
            index.append(name)
            slots.append(slot)
        }
        content = .document(index, slots)
    }

    /// The container at a field of the document, which is made when there is none.
    func node(forKey key: any CodingKey) -> EncodingNode {
        let name = key.stringValue
        if case .document(let index, let slots) = content, let place = index.place(of: name),
            case .node(let node) = slots[place]
        {
            return node
        }
        let node = EncodingNode(codingPath: codingPath + [key])
        set(.node(node), forKey: name)
        return node
    }

    /// Adds an element to the array.
    func append(_ slot: EncodingSlot) {
        guard case .array(var slots) = content else { return }
        content = .empty
        slots.append(slot)
        content = .array(slots)
    }

    /// The number of elements of the array.
    var count: Int {
        if case .array(let slots) = content { slots.count } else { 0 }
    }

    /// The finished value; a type that encoded nothing is an empty document.
    ///
    /// - Throws: `EncodingError` for a name that BSON cannot hold. Nested containers are made by calls that cannot throw, so
    ///   names are checked here.
    func finished() throws -> Value {
        switch content {
        case .empty: return .document(Document())
        case .single(let slot): return try slot.finished()
        case .array(let slots): return .array(try slots.map { try $0.finished() })
        case .document(let index, let slots):
            if let name = index.names.first(where: { $0.utf8.contains(0) }) {
                throw EncodingError.invalidValue(
                    name,
                    EncodingError.Context(codingPath: codingPath, debugDescription: "A field's name cannot hold NUL.")
                )
            }
            let values = try slots.map { try $0.finished() }
            return .document(Document(uniqueFields: zip(index.names, values)))
        }
    }
}
