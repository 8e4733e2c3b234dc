internal import MigrationCore

/// Documents that came in one reply, as the server sent them: nothing is copied before they are decoded.
///
/// Safety: the bytes belong to the reply, which is kept for each use of them, and no index is used that was not compared with their count.
struct DocumentBatch: Sendable {
    private let reply: MongoReply
    /// The elements of the reply's array that are left.
    private var elements: Range<Int>

    init(_ reply: MongoReply) {
        self.reply = reply
        // Between the length of an array and the zero byte at its end.
        elements = unsafe 4..<max(4, reply.batch.count - 1)
    }

    var isEmpty: Bool { elements.isEmpty }

    /// Takes the first document off and lends it for the call; nil when there is none.
    mutating func next<Value>(_ body: (UnsafeRawBufferPointer) -> Value) throws(StoreError) -> Value? {
        guard !isEmpty else { return nil }
        let document = try first()
        elements = document.upperBound..<elements.upperBound
        return withExtendedLifetime(reply) {
            unsafe body(UnsafeRawBufferPointer(rebasing: reply.batch[document]))
        }
    }

    /// Takes up to so many documents off, in their order.
    mutating func prefix(_ count: Int) throws(StoreError) -> DocumentBatch {
        var part = self
        for _ in 0..<count where !isEmpty { elements = try first().upperBound..<elements.upperBound }
        part.elements = part.elements.lowerBound..<elements.lowerBound
        return part
    }

    /// The documents, without the first one if that stands at this place.
    func dropping(_ place: DocumentPlace) throws(StoreError) -> DocumentBatch {
        var rest = self
        return try unsafe rest.next({ unsafe StoredForm.place(in: $0) == place }) == true ? rest : self
    }

    /// Where the first document lies; everything that is left of the array is checked to hold it.
    private func first() throws(StoreError) -> Range<Int> {
        try withExtendedLifetime(reply) { () throws(StoreError) -> Range<Int> in
            let bytes = unsafe reply.batch
            var start = elements.lowerBound
            guard unsafe BSONType(tag: bytes[start]) == .document else { throw Self.broken }
            // The name, which is a number, and its zero byte.
            repeat { start += 1 } while unsafe start < elements.upperBound && bytes[start] != 0
            start += 1
            guard start + 5 <= elements.upperBound else { throw Self.broken }
            let length = unsafe Int(bytes.int32(at: start))
            guard length >= 5, length <= elements.upperBound - start else { throw Self.broken }
            return start..<(start + length)
        }
    }

    private static var broken: StoreError { StoreError(.corrupt, "A reply of MongoDB is no list of documents.") }

    /// Decodes all documents, off the caller's actor.
    @concurrent
    func decoded(of collection: CollectionName, now: WallTime) async throws(StoreError) -> RowPage {
        var rest = self
        var page = RowPage()
        while let bytes = try unsafe rest.next({ unsafe [UInt8]($0) }) {
            page.add(StoredForm.row(in: bytes, of: collection), now: now)
        }
        return page
    }
}
