/// Finds names that occur twice in one level of a document, in linear time.
///
/// A level with few names compares short signatures one by one. A larger one hashes each name with the process's random
/// seed, so that no input can be built to collide.
struct BSONNameTable {
    private var names: [Range<Int>] = []
    private var signatures: [UInt64] = []
    /// Open addressing: 0 is free, otherwise a name's position plus one. Empty while the level is small.
    private var slots: [Int32] = []

    private static let smallCount = 16

    /// Forgets all names, for the next level.
    mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
        signatures.removeAll(keepingCapacity: true)
        if !slots.isEmpty { slots = [] }
    }

    /// Adds a name; false when the level has it already.
    @inline(__always)
    mutating func insert(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if names.count >= Self.smallCount { return insertHashed(name, of: bytes) }
        let signature = Self.signature(name, of: bytes)
        for position in 0..<signatures.count where signatures[position] == signature {
            if Self.areEqual(names[position], name, in: bytes) { return false }
        }
        names.append(name)
        signatures.append(signature)
        return true
    }

    private mutating func insertHashed(_ name: Range<Int>, of bytes: UnsafeRawBufferPointer) -> Bool {
        if slots.isEmpty {
            signatures = names.map { Self.hash($0, of: bytes) }
        }
        if names.count * 2 >= slots.count { grow() }
        let hash = Self.hash(name, of: bytes)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if signatures[position] == hash, Self.areEqual(names[position], name, in: bytes) { return false }
            slot = (slot + 1) & mask
        }
        names.append(name)
        signatures.append(hash)
        slots[slot] = Int32(names.count)
        return true
    }

    private mutating func grow() {
        let count = max(Self.smallCount * 4, slots.count * 4)
        slots = [Int32](repeating: 0, count: count)
        for (position, hash) in signatures.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (count - 1)
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

    @inline(__always)
    private static func areEqual(_ a: Range<Int>, _ b: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        for step in 0..<a.count where bytes[a.lowerBound + step] != bytes[b.lowerBound + step] { return false }
        return true
    }
}
