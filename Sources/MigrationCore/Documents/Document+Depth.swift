extension Document {
    /// Whether documents and arrays are nested deeper than a limit, the outermost counted as one.
    ///
    /// Stores check this before they write: a document that was built deeper than `DocumentLimits` allows could be stored,
    /// but not be read back from bytes or text.
    package func isDeeper(than maximumDepth: Int) -> Bool {
        // Each level takes at least seven bytes: a tag, an empty name's NUL, a length and a terminator.
        if byteCount <= maximumDepth * 7 { return false }
        return bson.withUnsafeBytes { bytes in
            var pending = [(start: 0, depth: 1)]
            while let level = pending.popLast() {
                if level.depth > maximumDepth { return true }
                var reader = BSONReader(bytes, documentAt: level.start)
                while let element = reader.next() {
                    let start = element.value.lowerBound
                    switch element.type {
                    case .document, .array:
                        pending.append((start, level.depth + 1))
                    case .javaScriptWithScope:
                        pending.append((start + 8 + Int(bytes.int32(at: start + 4)), level.depth + 1))
                    default:
                        continue
                    }
                }
            }
            return false
        }
    }
}
