/// A growing block of bytes that the JSON codec writes through a raw pointer.
///
/// Writers reserve room once for a run of bytes with ``ensure(_:)`` and then write without further checks. Every
/// reservation keeps ``slack`` spare bytes behind it, so that eight bytes can be stored at once wherever one byte may
/// be stored.
///
/// Safety: `base` is allocated and freed by this value alone, which cannot be copied; `count + slack` never exceeds
/// `capacity`.
struct ByteSink: ~Copyable {
    /// Spare bytes behind every reservation.
    static let slack = 64

    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    var count: Int

    init(capacity: Int) {
        self.capacity = capacity + Self.slack
        self.base = .allocate(capacity: self.capacity)
        self.count = 0
    }

    deinit {
        base.deallocate()
    }

    /// Makes room for `free` more bytes and the slack behind them.
    @inline(__always)
    mutating func ensure(_ free: Int) {
        if capacity - count < free + Self.slack { grow(free) }
    }

    @inline(never)
    private mutating func grow(_ free: Int) {
        let larger = Swift.max(capacity * 2, count + free + Self.slack)
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        block.update(from: base, count: count)
        base.deallocate()
        base = block
        capacity = larger
    }

    /// The place of the next byte.
    @inline(__always)
    var next: UnsafeMutablePointer<UInt8> { base + count }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        base[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        next.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count &+= text.utf8CodeUnitCount
    }

    /// Appends a little-endian integer.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        UnsafeMutableRawPointer(next).storeBytes(of: number.littleEndian, as: Number.self)
        count &+= MemoryLayout<Number>.size
    }

    /// Appends a number as decimal digits.
    @inline(__always)
    mutating func append(decimal number: UInt64) {
        var rest = number
        var length = 1
        var bound: UInt64 = 10
        while length < 20, number >= bound {
            length &+= 1
            bound = length == 20 ? bound : bound &* 10
        }
        var place = count &+ length
        count = place
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place &-= 1
            base[place] = UInt8(truncatingIfNeeded: 0x30 &+ digit)
            rest = quotient
        } while rest != 0
    }

    /// Appends a number as decimal digits, with a minus sign when it is negative.
    @inline(__always)
    mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude)
    }

    /// Replaces four bytes by a length that has become known.
    @inline(__always)
    func store(length: Int, at position: Int) {
        UnsafeMutableRawPointer(base + position).storeBytes(
            of: Int32(truncatingIfNeeded: length).littleEndian,
            as: Int32.self
        )
    }

    /// The bytes written so far, as an array of exactly that size.
    func bytes() -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: base, count: count))
    }
}
