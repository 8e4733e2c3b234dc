/// The names that a document has so far, compared by their UTF-8 bytes.
struct UTF8NameSet {
    private struct Name: Hashable {
        let text: String

        static func == (a: Name, b: Name) -> Bool { a.text.hasSameUTF8(as: b.text) }

        func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
    }

    private var few: [String] = []
    private var many: Set<Name> = []

    /// Adds a name; false when it was there before.
    mutating func insert(_ name: String) -> Bool {
        if few.count < 8 {
            if few.contains(where: { $0.hasSameUTF8(as: name) }) { return false }
            few.append(name)
            return true
        }
        if many.isEmpty { many = Set(few.map(Name.init)) }
        return many.insert(Name(text: name)).inserted
    }
}
