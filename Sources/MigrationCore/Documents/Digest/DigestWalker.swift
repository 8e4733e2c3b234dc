internal import Crypto

/// Produces the canonical form that a digest hashes, for all options, as ranges of the document's own bytes.
///
/// Adjacent ranges are joined before they are hashed, so that a document whose fields are already in order is hashed in few
/// pieces. Levels are on a stack of elements, not on the call stack.
struct DigestWalker {
    private struct Level {
        /// Where the level's elements begin and end in `elements`.
        var next: Int
        var base: Int
        var end: Int
        /// The offset of the zero byte that ends the level.
        var terminator: Int
    }

    private struct Element {
        /// The first eight bytes of the name, most significant first: decides most comparisons.
        var sortKey: UInt64
        var element: BSONElement
    }

    private let bytes: UnsafeRawBufferPointer
    private let options: DigestOptions
    private let sorts: Bool
    private let byValue: Bool
    private var hasher = SHA256()
    private var elements: [Element] = []
    private var levels: [Level] = []
    /// What was produced and is not hashed yet.
    private var buffer: [UInt8] = []
    /// A range of `bytes` that follows `buffer`.
    private var run = 0..<0

    private static let bufferCapacity = 4096
    private static let directRun = 512

    init(_ bytes: UnsafeRawBufferPointer, _ options: DigestOptions) {
        self.bytes = bytes
        self.options = options
        sorts = options.fieldOrder == .ignored
        byValue = options.numbers == .byValue
        elements.reserveCapacity(32)
        buffer.reserveCapacity(min(bytes.count, Self.bufferCapacity) + 64)
        buffer.append(contentsOf: options.domain)
    }

    mutating func digest() -> DocumentDigest {
        enter(documentAt: 0, end: bytes.count, isArray: false)
        while let level = levels.last {
            if level.next == level.end {
                emit(level.terminator..<(level.terminator + 1))
                elements.removeSubrange(level.base...)
                levels.removeLast()
            } else {
                levels[levels.count - 1].next += 1
                produce(elements[level.next].element)
            }
        }
        flush()
        return DocumentDigest(hasher.finalize())
    }

    private mutating func enter(documentAt start: Int, end: Int, isArray: Bool) {
        let base = elements.count
        let isTop = levels.isEmpty
        var isSorted = true
        var reader = BSONReader(bytes, documentAt: start)
        while let element = reader.next() {
            if isTop, options.excludes(element.name, in: bytes) { continue }
            let item = Element(sortKey: sortKey(element.name), element: element)
            if sorts, !isArray, isSorted, elements.count > base {
                isSorted = precedes(elements[elements.count - 1], item)
            }
            elements.append(item)
        }
        if !isSorted { sort(from: base) }
        levels.append(Level(next: base, base: base, end: elements.count, terminator: end - 1))
    }

    private mutating func produce(_ element: BSONElement) {
        let value = element.value
        let header = element.range.lowerBound..<value.lowerBound
        switch element.type {
        case .document, .array:
            emit(header)
            emitLength(at: value.lowerBound)
            enter(documentAt: value.lowerBound, end: value.upperBound, isArray: element.type == .array)
        case .javaScriptWithScope:
            emit(header)
            emitLength(at: value.lowerBound)
            let scope = value.lowerBound + 8 + Int(bytes.int32(at: value.lowerBound + 4))
            emit((value.lowerBound + 4)..<scope)
            emitLength(at: scope)
            enter(documentAt: scope, end: value.upperBound, isArray: false)
        case .int32, .int64, .double, .decimal128:
            if byValue {
                produceNumber(element)
            } else {
                emit(element.range)
            }
        default:
            emit(element.range)
        }
    }

    private mutating func produceNumber(_ element: BSONElement) {
        closeRun()
        buffer.append(BSONType.int32.rawValue)
        emit(element.name.lowerBound..<element.value.lowerBound)
        closeRun()
        CanonicalNumber.append(bytes.value(of: element), to: &buffer)
    }

    private mutating func emitLength(at offset: Int) {
        if !byValue { emit(offset..<(offset + 4)) }
    }

    // MARK: Output

    @inline(__always)
    private mutating func emit(_ range: Range<Int>) {
        if run.upperBound == range.lowerBound {
            run = run.lowerBound..<range.upperBound
        } else {
            closeRun()
            run = range
        }
    }

    private mutating func closeRun() {
        if run.count >= Self.directRun {
            hashBuffer()
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[run]))
        } else {
            buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[run]))
            if buffer.count >= Self.bufferCapacity { hashBuffer() }
        }
        run = run.upperBound..<run.upperBound
    }

    private mutating func flush() {
        closeRun()
        hashBuffer()
    }

    private mutating func hashBuffer() {
        buffer.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        buffer.removeAll(keepingCapacity: true)
    }

    // MARK: Order of names

    private func sortKey(_ name: Range<Int>) -> UInt64 {
        guard sorts else { return 0 }
        // A name, its NUL and the length before it make eight bytes readable from its start except near the end.
        if name.lowerBound + 8 <= bytes.count {
            let raw = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt64.self))
            return name.count >= 8 ? raw : raw & ~(UInt64.max >> UInt64(name.count * 8))
        }
        var key: UInt64 = 0
        for step in 0..<8 { key = key << 8 | (step < name.count ? UInt64(bytes[name.lowerBound + step]) : 0) }
        return key
    }

    private func precedes(_ a: Element, _ b: Element) -> Bool {
        if a.sortKey != b.sortKey { return a.sortKey < b.sortKey }
        return Ordering(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[a.element.name]),
            UnsafeRawBufferPointer(rebasing: bytes[b.element.name])
        ) == .less
    }

    private mutating func sort(from base: Int) {
        if elements.count - base > 24 {
            let sorted = elements[base...].sorted { precedes($0, $1) }
            elements.replaceSubrange(base..., with: sorted)
            return
        }
        for index in (base + 1)..<elements.count {
            let item = elements[index]
            var place = index
            while place > base, precedes(item, elements[place - 1]) {
                elements[place] = elements[place - 1]
                place -= 1
            }
            elements[place] = item
        }
    }
}
