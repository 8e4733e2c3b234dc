/// The names seen so far in every object that is open, so that a duplicate is found in linear time overall.
///
/// Names of one object are compared directly while there are few of them; an object with more than ``directLimit``
/// names moves into a hash table. Objects close in the reverse order of opening, so removing the youngest entries
/// first keeps linear probing intact without tombstones. Hashing is `Hasher`, whose key differs in every process:
/// prepared input cannot make the names collide.
///
/// Safety: `entries` and `slots` are allocated and freed by this value alone, which cannot be copied.
struct NameLedger: ~Copyable {
    /// Objects with at most this many names are searched without hashing.
    static let directLimit = 24

    private struct Entry {
        /// The first eight bytes, zero-padded; names hold no NUL, so a shorter name is known by this alone.
        var prefix: UInt64
        /// Place of the name in the output.
        var position: Int
        var length: Int
        var hash: Int
        /// Index in `slots`, or -1 while the entry is found by direct comparison.
        var slot: Int
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    private(set) var count = 0

    /// Open addressing: 0 is free, n + 1 refers to entry n.
    private var slots: UnsafeMutablePointer<Int32>?
    private var slotCount = 0
    private var used = 0

    init() {
        capacity = 32
        entries = .allocate(capacity: capacity)
    }

    deinit {
        entries.deallocate()
        slots?.deallocate()
    }

    /// Notes a name of the innermost object, whose first entry is `first`.
    ///
    /// - Parameter output: start of the output, in which the name stands at `position`, followed by a NUL and at
    ///   least eight readable bytes.
    /// - Returns: false when the object has the name already.
    @inline(__always)
    mutating func insert(_ output: UnsafeMutablePointer<UInt8>, position: Int, length: Int, first: Int) -> Bool {
        let name = UnsafeRawPointer(output + position)
        var prefix = UInt64(littleEndian: name.loadUnaligned(as: UInt64.self))
        if length < 8 { prefix &= (1 << (UInt64(length) &* 8)) &- 1 }
        if count == capacity { growEntries() }
        if count &- first >= Self.directLimit {
            return insertHashed(output, position: position, length: length, prefix: prefix, first: first)
        }
        var index = first
        while index < count {
            if entries[index].prefix == prefix, equal(entries[index], name, length, output) { return false }
            index &+= 1
        }
        entries[count] = Entry(prefix: prefix, position: position, length: length, hash: 0, slot: -1)
        count &+= 1
        return true
    }

    /// Forgets the names of the innermost object.
    @inline(__always)
    mutating func close(first: Int) {
        if count &- first > Self.directLimit { removeHashed(first: first) }
        count = first
    }

    @inline(__always)
    private func equal(
        _ entry: Entry,
        _ name: UnsafeRawPointer,
        _ length: Int,
        _ output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        guard entry.length == length else { return false }
        return length <= 8 || Self.same(output + entry.position, name, length)
    }

    @inline(never)
    private static func same(_ left: UnsafeMutablePointer<UInt8>, _ right: UnsafeRawPointer, _ length: Int) -> Bool {
        UnsafeRawBufferPointer(start: left, count: length)
            .elementsEqual(UnsafeRawBufferPointer(start: right, count: length))
    }
}

extension NameLedger {
    @inline(never)
    private mutating func insertHashed(
        _ output: UnsafeMutablePointer<UInt8>,
        position: Int,
        length: Int,
        prefix: UInt64,
        first: Int
    ) -> Bool {
        if count &- first == Self.directLimit {
            for index in first..<count {
                entries[index].hash = hash(output, entries[index].position, entries[index].length, first)
                place(index)
            }
        }
        let hash = hash(output, position, length, first)
        if let slots {
            var slot = hash & (slotCount - 1)
            while slots[slot] != 0 {
                let entry = entries[Int(slots[slot]) - 1]
                if entry.hash == hash, Int(slots[slot]) > first, entry.prefix == prefix,
                    equal(entry, UnsafeRawPointer(output + position), length, output)
                {
                    return false
                }
                slot = (slot + 1) & (slotCount - 1)
            }
        }
        entries[count] = Entry(prefix: prefix, position: position, length: length, hash: hash, slot: -1)
        count += 1
        place(count - 1)
        return true
    }

    private func hash(_ output: UnsafeMutablePointer<UInt8>, _ position: Int, _ length: Int, _ first: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(first)
        hasher.combine(bytes: UnsafeRawBufferPointer(start: output + position, count: length))
        return hasher.finalize()
    }

    /// Enters entry `index` into the table, which is kept at most half full.
    private mutating func place(_ index: Int) {
        if (used + 1) * 2 > slotCount { growSlots(below: index) }
        guard let slots else { return }
        var slot = entries[index].hash & (slotCount - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
        slots[slot] = Int32(index + 1)
        entries[index].slot = slot
        used += 1
    }

    /// Doubles the table and enters the older entries again, oldest first, so that the youngest can still be removed
    /// first.
    private mutating func growSlots(below limit: Int) {
        slots?.deallocate()
        slotCount = Swift.max(128, slotCount * 2)
        let fresh = UnsafeMutablePointer<Int32>.allocate(capacity: slotCount)
        fresh.initialize(repeating: 0, count: slotCount)
        slots = fresh
        for index in 0..<limit where entries[index].slot >= 0 {
            var slot = entries[index].hash & (slotCount - 1)
            while fresh[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
            fresh[slot] = Int32(index + 1)
            entries[index].slot = slot
        }
    }

    @inline(never)
    private mutating func removeHashed(first: Int) {
        var index = count - 1
        while index >= first {
            if entries[index].slot >= 0 {
                slots?[entries[index].slot] = 0
                used -= 1
            }
            index -= 1
        }
    }

    @inline(never)
    private mutating func growEntries() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        larger.update(from: entries, count: count)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }
}
