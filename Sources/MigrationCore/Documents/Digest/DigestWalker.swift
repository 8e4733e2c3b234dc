internal import Crypto

/// Produces the canonical form that a digest hashes, for all options, as ranges of the document's own bytes.
///
/// Adjacent ranges are joined before they are hashed, so that a document whose fields are already in order is hashed in few
/// pieces. Levels are on a stack of elements, not on the call stack.
struct DigestWalker: ~Copyable {
    /// The elements of one level that are still to come.
    private struct Level {
        /// Where the level's elements begin and end in `elements`, and which is next.
        var base: Int
        var next: Int
        var end: Int
        /// The offset of the zero byte that ends the level.
        var terminator: Int
    }

    /// An element by its offsets, in 24 bytes: sorting moves it around. Trivial, so that its memory needs no deinitialization.
    private struct Element: BitwiseCopyable {
        /// The first eight bytes of the name, most significant first: decides most comparisons.
        var sortKey: UInt64
        var start: UInt32
        var value: UInt32
        var end: UInt32
        /// Whether the element is hashed as it lies there: no level inside, and no number that is hashed by its value.
        var isLeaf: Bool

        var name: Range<Int> { (Int(start) + 1)..<(Int(value) - 1) }

        @inline(__always)
        func precedes(_ other: Element, in bytes: UnsafeRawBufferPointer) -> Bool {
            sortKey == other.sortKey ? precedesByName(other, in: bytes) : sortKey < other.sortKey
        }

        private func precedesByName(_ other: Element, in bytes: UnsafeRawBufferPointer) -> Bool {
            Ordering(
                bytes: UnsafeRawBufferPointer(rebasing: bytes[name]),
                UnsafeRawBufferPointer(rebasing: bytes[other.name])
            ) == .less
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private let plan: DigestPlan
    private let byValue: Bool
    private var hasher: SHA256
    /// The elements of all levels that are open, one level after the other: `count` of them, with room for `capacity`.
    ///
    /// Not an array, which is asked before each access whether it is shared and how long it is.
    private var elements: UnsafeMutablePointer<Element>
    private var capacity = 64
    private var count = 0
    private var levels: [Level] = []
    /// The first `filled` bytes were produced and are not hashed yet: the hasher is called seldom, since a call costs more than
    /// copying most documents.
    private let buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    /// A range of `bytes` that follows what is in `buffer`.
    private var run = 0..<0
    private var number: [UInt8] = []

    private static let bufferCapacity = 4096
    private static let insertionSortCount = 24

    /// The digest of a valid document.
    static func digest(of bytes: UnsafeRawBufferPointer, _ plan: DigestPlan) -> DocumentDigest {
        withUnsafeTemporaryAllocation(byteCount: min(bytes.count, bufferCapacity), alignment: 16) { buffer in
            var walker = DigestWalker(bytes, plan, buffer)
            return walker.digest()
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer, _ plan: DigestPlan, _ buffer: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
        self.plan = plan
        self.buffer = buffer
        byValue = plan.byValue
        hasher = plan.hasher
        elements = .allocate(capacity: capacity)
    }

    deinit {
        elements.deallocate()
    }

    /// Doubles the room for elements, the first `used` of which stay.
    private mutating func grow(keeping used: Int) {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: elements, count: used)
        elements.deallocate()
        elements = larger
        capacity *= 2
    }

    private mutating func digest() -> DocumentDigest {
        var level = enter(documentAt: 0, end: bytes.count, isArray: false, isTop: true)
        while true {
            if level.next == level.end {
                emit(level.terminator..<(level.terminator + 1))
                count = level.base
                guard let parent = levels.popLast() else { break }
                level = parent
                continue
            }
            let element = elements[level.next]
            level.next += 1
            if element.isLeaf {
                emit(Int(element.start)..<Int(element.end))
            } else if let inner = produce(element) {
                levels.append(level)
                level = inner
            }
        }
        closeRun()
        hashBuffer()
        return DocumentDigest(hasher.finalize())
    }

    /// Reads the elements of a level and sorts them where their order is ignored.
    private mutating func enter(documentAt start: Int, end: Int, isArray: Bool, isTop: Bool = false) -> Level {
        let base = count
        let sorts = plan.sorts && !isArray
        var used = base
        var isSorted = true
        var reader = BSONReader(bytes, documentAt: start)
        while let element = reader.next() {
            if isTop, plan.excludes(element.name, in: bytes) { continue }
            if used == capacity { grow(keeping: used) }
            let item = Element(
                sortKey: sorts ? sortKey(element.name) : 0,
                start: UInt32(truncatingIfNeeded: element.name.lowerBound - 1),
                value: UInt32(truncatingIfNeeded: element.value.lowerBound),
                end: UInt32(truncatingIfNeeded: element.value.upperBound),
                isLeaf: isLeaf(element.type)
            )
            if sorts, isSorted, used > base { isSorted = elements[used - 1].precedes(item, in: bytes) }
            (elements + used).initialize(to: item)
            used += 1
        }
        count = used
        if !isSorted { sort(from: base) }
        return Level(base: base, next: base, end: used, terminator: end - 1)
    }

    /// Produces an element; of one with a level inside, what comes before that level, which is returned.
    private mutating func produce(_ element: Element) -> Level? {
        let start = Int(element.start)
        let value = Int(element.value)
        let end = Int(element.end)
        switch BSONType(tag: bytes[start]) {
        case .document, .array:
            emit(start..<value)
            emitLength(at: value)
            let isArray = bytes[start] == BSONType.array.rawValue
            return enter(documentAt: value, end: end, isArray: isArray)
        case .javaScriptWithScope:
            emit(start..<value)
            emitLength(at: value)
            let scope = value + 8 + Int(bytes.int32(at: value + 4))
            emit((value + 4)..<scope)
            emitLength(at: scope)
            return enter(documentAt: scope, end: end, isArray: false)
        case .int32 where byValue, .int64 where byValue, .double where byValue, .decimal128 where byValue:
            produceNumber(at: start)
        default:
            emit(start..<end)
        }
        return nil
    }

    @inline(__always)
    private func isLeaf(_ type: BSONType) -> Bool {
        switch type {
        case .document, .array, .javaScriptWithScope: false
        case .int32, .int64, .double, .decimal128: !byValue
        default: true
        }
    }

    private mutating func produceNumber(at start: Int) {
        var reader = BSONReader(bytes, nextElementAt: start)
        guard let element = reader.next() else { return }
        closeRun()
        number.removeAll(keepingCapacity: true)
        number.append(BSONType.int32.rawValue)
        number.append(
            contentsOf: UnsafeRawBufferPointer(rebasing: bytes[element.name.lowerBound..<element.value.lowerBound])
        )
        CanonicalNumber.append(bytes.value(of: element), to: &number)
        number.withUnsafeBytes { append($0) }
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
        append(UnsafeRawBufferPointer(rebasing: bytes[run]))
        run = run.upperBound..<run.upperBound
    }

    private mutating func append(_ produced: UnsafeRawBufferPointer) {
        if produced.count > buffer.count - filled { hashBuffer() }
        if produced.count > buffer.count {
            hasher.update(bufferPointer: produced)
        } else if let start = produced.baseAddress, let room = buffer.baseAddress {
            (room + filled).copyMemory(from: start, byteCount: produced.count)
            filled += produced.count
        }
    }

    private mutating func hashBuffer() {
        hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        filled = 0
    }

    // MARK: Order of names

    private func sortKey(_ name: Range<Int>) -> UInt64 {
        if name.lowerBound + 8 <= bytes.count {
            let raw = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt64.self))
            return name.count >= 8 ? raw : raw & ~(UInt64.max >> UInt64(name.count * 8))
        }
        var key: UInt64 = 0
        for step in 0..<8 { key = key << 8 | (step < name.count ? UInt64(bytes[name.lowerBound + step]) : 0) }
        return key
    }

    private func sort(from base: Int) {
        let bytes = bytes
        var elements = UnsafeMutableBufferPointer(start: elements + base, count: count - base)
        if elements.count > Self.insertionSortCount {
            elements.sort { $0.precedes($1, in: bytes) }
            return
        }
        for index in 1..<elements.count {
            let item = elements[index]
            var place = index
            while place > 0, item.precedes(elements[place - 1], in: bytes) {
                elements[place] = elements[place - 1]
                place -= 1
            }
            elements[place] = item
        }
    }
}
