/// The outcome of a comparison.
package enum Ordering: Int, Sendable {
    case less = -1
    case equal = 0
    case greater = 1

    /// Compares two values by `<`.
    package init<T: Comparable>(_ a: T, _ b: T) {
        self = a < b ? .less : (b < a ? .greater : .equal)
    }

    /// The outcome with the two sides exchanged.
    package var reversed: Ordering {
        switch self {
        case .less: .greater
        case .equal: .equal
        case .greater: .less
        }
    }

    /// This outcome unless it is `equal`, otherwise the next one.
    package func then(_ next: @autoclosure () -> Ordering) -> Ordering {
        self == .equal ? next() : self
    }
}

extension Ordering {
    /// Compares bytes from left to right, then counts.
    package init(bytes a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) {
        let shared = min(a.count, b.count)
        var offset = 0
        while offset + 8 <= shared {
            let left = UInt64(bigEndian: a.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let right = UInt64(bigEndian: b.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if left != right {
                self = left < right ? .less : .greater
                return
            }
            offset += 8
        }
        while offset < shared {
            if a[offset] != b[offset] {
                self = a[offset] < b[offset] ? .less : .greater
                return
            }
            offset += 1
        }
        self = Ordering(a.count, b.count)
    }

    /// Compares texts by their UTF-8 bytes.
    package init(utf8 a: String, _ b: String) {
        var a = a
        var b = b
        self = a.withUTF8 { a in
            b.withUTF8 { b in Ordering(bytes: UnsafeRawBufferPointer(a), UnsafeRawBufferPointer(b)) }
        }
    }

    /// Compares bytes from left to right, then counts.
    package init(bytes a: [UInt8], _ b: [UInt8]) {
        self = a.withUnsafeBytes { a in b.withUnsafeBytes { b in Ordering(bytes: a, b) } }
    }
}
