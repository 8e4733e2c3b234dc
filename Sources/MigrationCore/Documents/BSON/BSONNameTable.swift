/// Finds names that occur twice in one level of a document, in linear time.
///
/// A level with few names compares short signatures one by one. A larger one hashes each name with the process's random
/// seed, so that no input can be built to collide.
struct BSONNameTable {
    fileprivate struct Entry {
        /// A signature while the level is small, a hash afterwards.
        var key: UInt64
        var start: UInt32
        var count: UInt32
    }

    private var entries: [Entry] = []
    /// Open addressing: 0 is free, otherwise an entry's position plus one. Empty while the level is small.
    private var slots: [Int32] = []

    private static let smallCount = 32

    init() {
        entries.reserveCapacity(Self.smallCount)
    }

    /// Forgets all names, for the next level.
    @inline(__always)
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        if !slots.isEmpty { slots = [] }
    }

    /// Adds a name; false when the level has it already.
    @inline(__always)
    mutating func insert(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if entries.count >= Self.smallCount { return insertHashed(name, of: bytes) }
        let entry = Entry(name, key: Self.signature(name, of: bytes))
        for other in entries where other.key == entry.key {
            if other.equals(entry, in: bytes) { return false }
        }
        entries.append(entry)
        return true
    }

    private mutating func insertHashed(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if slots.isEmpty {
            for index in entries.indices { entries[index].key = Self.hash(entries[index].range, of: bytes) }
        }
        if entries.count * 2 >= slots.count { grow() }
        let entry = Entry(name, key: Self.hash(name, of: bytes))
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: entry.key) & mask
        while slots[slot] != 0 {
            let other = entries[Int(slots[slot]) - 1]
            if other.key == entry.key, other.equals(entry, in: bytes) { return false }
            slot = (slot + 1) & mask
        }
        entries.append(entry)
        slots[slot] = Int32(entries.count)
        return true
    }

    private mutating func grow() {
        let count = max(Self.smallCount * 4, slots.count * 4)
        slots = [Int32](repeating: 0, count: count)
        for (position, entry) in entries.enumerated() {
            var slot = Int(truncatingIfNeeded: entry.key) & (count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = Int32(position + 1)
        }
    }

    private static func hash(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[name]))
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }

    /// Length, beginning and end of a name, mixed; equal names have equal signatures.
    @inline(__always)
    private static func signature(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> UInt64 {
        if name.count >= 8 {
            let first = UInt64(bitPattern: bytes.int64(at: name.lowerBound))
            let last = UInt64(bitPattern: bytes.int64(at: name.upperBound - 8))
            return first &+ (last &* 0x9E37_79B9_7F4A_7C15) &+ UInt64(name.count)
        }
        var signature: UInt64 = 0
        for position in name { signature = signature << 8 | UInt64(bytes[position]) }
        return signature
    }
}

extension BSONNameTable.Entry {
    fileprivate init(_ name: Range<Int>, key: UInt64) {
        self.key = key
        start = UInt32(truncatingIfNeeded: name.lowerBound)
        count = UInt32(truncatingIfNeeded: name.count)
    }

    fileprivate var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }

    fileprivate func equals(_ other: Self, in bytes: UnsafeRawBufferPointer) -> Bool {
        count == other.count
            && UnsafeRawBufferPointer(rebasing: bytes[range])
                .elementsEqual(UnsafeRawBufferPointer(rebasing: bytes[other.range]))
    }
}
