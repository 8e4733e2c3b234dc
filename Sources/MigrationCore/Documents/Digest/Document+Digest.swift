internal import Crypto

extension Document {
    /// SHA-256 over a canonical form of the document: the one test of whether two stores hold the same document.
    ///
    /// What is hashed, exactly:
    ///
    /// 1. The domain: SHA-256 of `cutover document digest 1` (ASCII), one byte 0 when the order of fields is kept and 1 when
    ///    it is ignored, one byte 0 for exact numbers and 1 for numbers by value, and each excluded name, sorted by its UTF-8
    ///    bytes, as a 32-bit little-endian count and its bytes.
    /// 2. The elements of the document as BSON has them (type, name, NUL, value), without the document's own length and
    ///    without the excluded fields of the top level, then one zero byte.
    ///    - Field order ignored: at every level the elements of a document are sorted by the UTF-8 bytes of their names.
    ///      Arrays stay in order.
    ///    - Numbers by value: a number is type 0x10, name, NUL and a canonical number, and the lengths of embedded documents,
    ///      of arrays and of code with scope are left out. A canonical number is `N` for NaN; `D` and the eight
    ///      little-endian bytes of a double when one has exactly this value (positive zero for zeros, also infinities);
    ///      otherwise `I` and the eight little-endian bytes of a 64-bit integer when one has this value; otherwise `C`, one
    ///      byte 1 for a negative number and 0 for another, the coefficient without trailing zeros as 16 little-endian bytes
    ///      and the power of ten as 2.
    ///
    /// With field order kept and exact numbers the bytes are hashed where they lie.
    ///
    /// - Parameter options: What counts; see ``DigestOptions``.
    public func canonicalDigest(_ options: DigestOptions = .default) -> DocumentDigest {
        let plan = options.plan
        return bson.withUnsafeBytes { bytes in
            if plan.sorts || plan.byValue {
                return DigestWalker.digest(of: bytes, plan)
            }
            return Self.flatDigest(of: bytes, plan)
        }
    }

    /// Hashes runs of top-level elements between excluded fields.
    private static func flatDigest(of bytes: UnsafeRawBufferPointer, _ plan: DigestPlan) -> DocumentDigest {
        var hasher = plan.hasher
        var start = 4
        if !plan.excludedNames.isEmpty {
            var reader = BSONReader(bytes)
            while let element = reader.next() {
                guard plan.excludes(element.name, in: bytes) else { continue }
                let range = element.range
                if start < range.lowerBound {
                    hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<range.lowerBound]))
                }
                start = range.upperBound
            }
        }
        hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start...]))
        return DocumentDigest(hasher.finalize())
    }
}
