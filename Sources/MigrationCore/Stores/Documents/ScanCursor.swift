/// How far a scan has come: what its continuation holds, bound to its range.
package struct ScanCursor: Sendable {
    private let range: ScanRange
    /// Where the last page ended, in the store's own terms; `nil` before the first page.
    package var position: String?

    /// Begins a scan or goes on with it. Throws `invalidContinuation` for one that is damaged or of another range.
    package init(_ range: ScanRange, after continuation: Continuation?) throws(StoreError) {
        self.range = range
        guard let continuation else { return }
        guard let document = try? Document(json: continuation.text), document["v"] == .int32(1),
            document["c"] == .string(range.collection.text), document["lo"] == ScanCursor.encode(range.lowerBound),
            document["hi"] == ScanCursor.encode(range.upperBound), case .string(let position) = document["at"]
        else {
            throw StoreError(
                .invalidContinuation,
                "The continuation is damaged or belongs to another range; begin the scan again without one.",
                context: .init(collection: range.collection)
            )
        }
        self.position = position
    }

    /// The continuation behind a position.
    package func continuation(at position: String) -> Continuation {
        let document: Document = [
            "v": .int32(1), "c": .string(range.collection.text), "lo": ScanCursor.encode(range.lowerBound),
            "hi": ScanCursor.encode(range.upperBound), "at": .string(position),
        ]
        return Continuation(text: document.json(.canonical))
    }

    private static func encode(_ bound: String?) -> Value { bound.map(Value.string) ?? .null }
}
