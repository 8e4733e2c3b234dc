/// A name that is compared by its UTF-8 bytes, for sets and dictionaries; see `String.hasSameUTF8(as:)`.
struct UTF8Name: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (a: UTF8Name, b: UTF8Name) -> Bool { a.text.hasSameUTF8(as: b.text) }

    func hash(into hasher: inout Hasher) { hasher.combineUTF8(of: text) }
}

/// The places of names in a list: compared one by one while they are few, hashed when they are many.
struct UTF8NameIndex {
    private(set) var names: [String] = []
    private var places: [UTF8Name: Int] = [:]

    private static let smallCount = 12

    /// The place of a name, or nil when it is new.
    func place(of name: String) -> Int? {
        if places.isEmpty { return names.firstIndex { $0.hasSameUTF8(as: name) } }
        return places[UTF8Name(name)]
    }

    /// Adds a name that is new.
    mutating func append(_ name: String) {
        names.append(name)
        if names.count == Self.smallCount {
            for (place, name) in names.enumerated() { places[UTF8Name(name)] = place }
        } else if names.count > Self.smallCount {
            places[UTF8Name(name)] = names.count - 1
        }
    }
}
