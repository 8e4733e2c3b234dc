internal import MigrationCore

/// Where a document stands in its collection: partition key and id as they are stored, byte for byte.
///
/// The order of a collection is that of these bytes. A place is kept as bytes because foreign rows may hold texts that are not
/// UTF-8, and a scan must get past them.
struct DocumentPlace: Sendable, Hashable {
    var partition: [UInt8]
    var id: [UInt8]

    /// Before every document.
    static let beginning = DocumentPlace(partition: [], id: [])

    init(partition: [UInt8], id: [UInt8]) {
        self.partition = partition
        self.id = id
    }

    /// Reads what `text` writes; nil for anything else.
    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Self.bytes(parts[0]), let id = Self.bytes(parts[1]) else { return nil }
        self.init(partition: partition, id: id)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? { text.isEmpty ? [] : Hex.bytes(text) }

    /// The place in continuations and bounds of ranges.
    var text: String { "\(Hex.text(partition)).\(Hex.text(id))" }

    /// Whether the place comes after another one, or is the same.
    func isAtOrAfter(_ other: DocumentPlace) -> Bool {
        switch Ordering(bytes: partition, other.partition).then(Ordering(bytes: id, other.id)) {
        case .less: false
        case .equal, .greater: true
        }
    }
}
