/// A name compared byte by byte: Swift's own strings hold composed and decomposed letters for equal, the services do not.
package struct ByteString: Sendable, Hashable, Comparable {
    package let bytes: [UInt8]

    package init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    package func hasPrefix(_ other: ByteString) -> Bool { bytes.starts(with: other.bytes) }
}
