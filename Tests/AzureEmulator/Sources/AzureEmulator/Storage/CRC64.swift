/// CRC-64/NVME, the checksum of `x-ms-content-crc64`.
package enum CRC64 {
    /// Tables for eight bytes at a step.
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for value in 0..<256 {
            var remainder = UInt64(value)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x9A6C_9329_AC4B_C9B5 : remainder >> 1 }
            tables[value] = remainder
        }
        for table in 1..<8 {
            for value in 0..<256 {
                let previous = tables[(table - 1) * 256 + value]
                tables[table * 256 + value] = previous >> 8 ^ tables[Int(previous & 0xFF)]
            }
        }
        return tables
    }()

    package static func checksum(_ bytes: [UInt8]) -> UInt64 {
        tables.withUnsafeBufferPointer { tables in
            bytes.withUnsafeBytes { bytes in
                var crc = ~UInt64(0)
                var index = 0
                while index + 8 <= bytes.count {
                    let word = crc ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                    crc = 0
                    for byte in 0..<8 {
                        crc ^= tables[(7 - byte) * 256 + Int(word >> UInt64(8 * byte) & 0xFF)]
                    }
                    index += 8
                }
                while index < bytes.count {
                    crc = crc >> 8 ^ tables[Int((crc ^ UInt64(bytes[index])) & 0xFF)]
                    index += 1
                }
                return ~crc
            }
        }
    }

    /// The checksum as the header carries it: eight bytes, the lowest first, in Base64.
    package static func header(_ bytes: [UInt8]) -> String {
        let value = checksum(bytes)
        return Base64.encode((0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) })
    }
}
