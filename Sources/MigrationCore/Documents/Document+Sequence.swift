extension Document: Sequence {
    /// A field: its name and its value.
    public typealias Element = (name: String, value: Value)

    /// Iterates over the fields in order, decoding each when it is reached.
    public func makeIterator() -> Iterator {
        Iterator(bson: bson)
    }

    /// Walks a document's fields; it keeps the bytes that it started with.
    public struct Iterator: IteratorProtocol, Sendable {
        private let bson: [UInt8]
        private var offset = 4

        fileprivate init(bson: [UInt8]) {
            self.bson = bson
        }

        /// The next field, or nil after the last.
        public mutating func next() -> Element? {
            bson.withUnsafeBytes { bytes in
                var reader = BSONReader(bytes, nextElementAt: offset)
                guard let element = reader.next() else { return nil }
                offset = element.value.upperBound
                return (bytes.string(in: element.name), bytes.value(of: element))
            }
        }
    }

    /// The number of fields is known only after a walk.
    public var underestimatedCount: Int { 0 }
}
