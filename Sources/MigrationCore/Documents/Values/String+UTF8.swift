extension String {
    /// Whether both texts have the same UTF-8 bytes.
    ///
    /// `==` on `String` also equates canonically equivalent texts (a composed and a decomposed accent), which are
    /// different names and ids in every backend. All comparisons of stored text go through here.
    package func hasSameUTF8(as other: String) -> Bool {
        let fast = utf8.withContiguousStorageIfAvailable { a in
            other.utf8.withContiguousStorageIfAvailable { b in
                UnsafeRawBufferPointer(a).hasSameBytes(as: UnsafeRawBufferPointer(b))
            }
        }
        if let fast, let fast { return fast }
        return utf8.elementsEqual(other.utf8)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes; eight are compared at a time, because keys are short and compared often.
    fileprivate func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset + 8 <= count {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset += 8
        }
        while offset < count {
            guard self[offset] == other[offset] else { return false }
            offset += 1
        }
        return true
    }
}

extension Hasher {
    /// Hashes text by its UTF-8 bytes, in agreement with `String.hasSameUTF8(as:)`.
    package mutating func combineUTF8(of text: String) {
        var text = text
        text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
        combine(0xFF as UInt8)
    }
}
