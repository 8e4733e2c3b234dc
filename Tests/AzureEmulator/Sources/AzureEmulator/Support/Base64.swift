/// Base64 of the standard alphabet, with padding.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var iterator = bytes.makeIterator()
        while let first = iterator.next() {
            let second = iterator.next()
            let third = second == nil ? nil : iterator.next()
            result.append(alphabet[Int(first >> 2)])
            result.append(alphabet[Int((first & 3) << 4 | (second ?? 0) >> 4)])
            result.append(second.map { alphabet[Int(($0 & 15) << 2 | (third ?? 0) >> 6)] } ?? 0x3D)
            result.append(third.map { alphabet[Int($0 & 63)] } ?? 0x3D)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes, or nil if the text is no Base64 with its padding.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var letters = Array(text.utf8)
        guard letters.count % 4 == 0 else { return nil }
        var padding = 0
        while padding < 2, letters.last == 0x3D {
            letters.removeLast()
            padding += 1
        }
        var result: [UInt8] = []
        result.reserveCapacity(letters.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for letter in letters {
            let value = values[Int(letter)]
            guard value != 0xFF else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }
}
