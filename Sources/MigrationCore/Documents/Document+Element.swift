extension Document {
    /// Finds what a path leads to inside the bytes and lends it, without decoding anything on the way.
    ///
    /// For filters and sorts, which look at one field of many documents: compare the element with `ValueOrder`, or decode it
    /// with `bytes.value(of:)`. The element is nil when nothing is there.
    package func withElement<Result>(
        at path: FieldPath,
        _ body: (UnsafeRawBufferPointer, BSONElement?) throws -> Result
    ) rethrows -> Result {
        try bson.withUnsafeBytes { bytes in
            try body(bytes, bytes.element(at: path.components[...], inDocumentAt: 0))
        }
    }

    /// Whether something is at a path.
    package func contains(_ path: FieldPath) -> Bool {
        withElement(at: path) { _, element in element != nil }
    }

    /// Compares what a path leads to with a value, in the one order over all values; a missing one comes first.
    package func compare(at path: FieldPath, with value: Value) -> Ordering {
        withElement(at: path) { bytes, element in
            guard let element else { return .less }
            return ValueOrder.compare(element, in: bytes, value)
        }
    }
}
