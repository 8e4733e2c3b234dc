internal import MigrationCore

/// The checksum of `x-ms-content-crc64`: CRC-64/NVME, whose polynomial is 9A6C9329AC4BC9B5 with the bits reflected.
///
/// Eight bytes are taken in one step (slicing by 8: M. Kounavis and F. Berry, "A systematic approach to building high
/// performance software-based CRC generators", 2005).
package struct CRC64: Sendable, Hashable {
    private var state = UInt64.max

    package init() {}

    /// Adds bytes; the order and not the division into calls decides the value.
    package mutating func update(_ bytes: [UInt8]) {
        // Safety: the buffer outlives the closure.
        unsafe bytes.withUnsafeBytes { bytes in
            // Safety: both buffers outlive the closure, and every index is below its count: 8 tables of 256 entries.
            unsafe Self.tables.withUnsafeBufferPointer { tables in
                var crc = state
                var index = 0
                while index + 8 <= bytes.count {
                    let word =
                        unsafe crc ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                    crc = 0
                    for place in 0..<8 {
                        let byte = Int(truncatingIfNeeded: word >> (8 * UInt64(place))) & 0xFF
                        unsafe crc ^= tables[(7 - place) << 8 | byte]
                    }
                    index += 8
                }
                while index < bytes.count {
                    let byte = unsafe Int(truncatingIfNeeded: crc) & 0xFF ^ Int(bytes[index])
                    unsafe crc = crc >> 8 ^ tables[byte]
                    index += 1
                }
                state = crc
            }
        }
    }

    /// The checksum.
    package var value: UInt64 { state ^ .max }

    /// The form of the header: eight bytes, the lowest first, in Base64.
    package var headerValue: String {
        Base64.text((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) })
    }

    /// The form of the header for some bytes.
    package static func headerValue(of bytes: [UInt8]) -> String {
        var crc = CRC64()
        crc.update(bytes)
        return crc.headerValue
    }

    /// Eight tables of 256 entries: what a byte does to the checksum when 0 to 7 bytes follow it.
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 << 8)
        for byte in 0..<256 {
            var crc = UInt64(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x9A6C_9329_AC4B_C9B5 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let crc = tables[index - 256]
            tables[index] = crc >> 8 ^ tables[Int(crc & 0xFF)]
        }
        return tables
    }()
}
