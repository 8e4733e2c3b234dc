extension Base64 {
    /// The text of some bytes, with padding.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        Array(bytes).withUnsafeBufferPointer { bytes in
            var sink = ByteSink(capacity: bytes.count / 3 * 4 + 8)
            encode(bytes, into: &sink)
            return String(decoding: UnsafeBufferPointer(start: sink.base, count: sink.count), as: UTF8.self)
        }
    }

    /// The bytes behind a text; nil when it is malformed, lacks its padding, or is not the one text of its bytes.
    package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes = Array(text.utf8)
        guard let count = bytes.withUnsafeMutableBufferPointer({ decodeInPlace($0) }) else { return nil }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
