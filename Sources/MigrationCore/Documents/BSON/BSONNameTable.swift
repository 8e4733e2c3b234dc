/// Finds names that occur twice in one level of a document, in linear time.
///
/// A level with few names compares short signatures one by one. A larger one hashes each name with the process's random
/// seed, so that no input can be built to collide.
struct BSONNameTable: ~Copyable {
    fileprivate struct Entry {
        /// A signature while the level is small, a hash afterwards.
        var key: UInt64
        var start: UInt32
        var count: UInt32
    }

    /// The names of a small level, in plain memory: every document that is read comes through here.
    ///
    /// Safety: holds `smallCount` entries, of which the first `count` are initialised; they are trivial.
    private let small: UnsafeMutablePointer<Entry>
    private var count = 0
    /// A bit for each signature of a small level: most new names are found to be new by it alone.
    private var seen: UInt64 = 0
    /// The names of a larger level.
    private var entries: [Entry] = []
    /// Open addressing: 0 is free, otherwise an entry's position plus one. Empty while the level is small.
    private var slots: [Int32] = []

    private static let smallCount = 32

    init() { small = .allocate(capacity: Self.smallCount) }

    deinit { small.deallocate() }

    /// Forgets all names, for the next level.
    @inline(__always)
    mutating func removeAll() {
        count = 0
        seen = 0
        guard !slots.isEmpty else { return }
        entries = []
        slots = []
    }

    /// Adds a name; false when the level has it already.
    @inline(__always)
    mutating func insert(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if count == Self.smallCount { return insertHashed(name, of: bytes) }
        let entry = Entry(name, key: Self.signature(name, of: bytes))
        let bit: UInt64 = 1 &<< ((entry.key &* 0x9E37_79B9_7F4A_7C15) &>> 58)
        if seen & bit != 0 {
            for index in 0..<count where small[index].key == entry.key {
                if small[index].equals(entry, in: bytes) { return false }
            }
        }
        seen |= bit
        small[count] = entry
        count += 1
        return true
    }

    private mutating func insertHashed(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if slots.isEmpty {
            entries = (0..<count).map { index in
                Entry(small[index].range, key: Self.hash(small[index].range, of: bytes))
            }
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
