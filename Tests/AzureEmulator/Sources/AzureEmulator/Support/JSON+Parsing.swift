extension JSON {
    /// Reads a text strictly as RFC 8259 has it; nil if it is no JSON or nested deeper than `maximumDepth`.
    package init?(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 512) {
        var parser = Parser(bytes: Array(bytes), maximumDepth: maximumDepth)
        guard let value = parser.document() else { return nil }
        self = value
    }

    package init?(parsing text: String, maximumDepth: Int = 512) {
        self.init(parsing: text.utf8, maximumDepth: maximumDepth)
    }

    private struct Parser {
        let bytes: [UInt8]
        let maximumDepth: Int
        var index = 0
        var depth = 0

        init(bytes: [UInt8], maximumDepth: Int) {
            self.bytes = bytes
            self.maximumDepth = maximumDepth
        }

        var current: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func document() -> JSON? {
            // The mark that some writers put before UTF-8.
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
            guard let result = value() else { return nil }
            skipSpace()
            return index == bytes.count ? result : nil
        }

        mutating func skipSpace() {
            while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            skipSpace()
            guard current == byte else { return false }
            index += 1
            return true
        }

        mutating func take(word: String) -> Bool {
            guard bytes[index...].starts(with: word.utf8) else { return false }
            index += word.utf8.count
            return true
        }

        mutating func value() -> JSON? {
            skipSpace()
            switch current {
            case 0x7B: return nested { $0.object() }
            case 0x5B: return nested { $0.array() }
            case 0x22: return text().map { .string($0) }
            case 0x74: return take(word: "true") ? .bool(true) : nil
            case 0x66: return take(word: "false") ? .bool(false) : nil
            case 0x6E: return take(word: "null") ? .null : nil
            default: return number()
            }
        }

        mutating func nested(_ read: (inout Parser) -> JSON?) -> JSON? {
            depth += 1
            defer { depth -= 1 }
            index += 1
            return depth > maximumDepth ? nil : read(&self)
        }

        mutating func object() -> JSON? {
            var members: [Member] = []
            if take(0x7D) { return .object(members) }
            repeat {
                skipSpace()
                guard let name = text(), take(0x3A), let value = value() else { return nil }
                // The last one of a repeated name wins.
                if members.count < 64, let index = members.firstIndex(where: { JSON.isSame($0.name, name) }) {
                    members[index].value = value
                } else {
                    members.append(Member(name, value))
                }
            } while take(0x2C)
            return take(0x7D) ? .object(members) : nil
        }

        mutating func array() -> JSON? {
            var elements: [JSON] = []
            if take(0x5D) { return .array(elements) }
            repeat {
                guard let value = value() else { return nil }
                elements.append(value)
            } while take(0x2C)
            return take(0x5D) ? .array(elements) : nil
        }

        mutating func number() -> JSON? {
            let start = index
            func digits(_ parser: inout Parser) -> Bool {
                let first = parser.index
                while let byte = parser.current, (0x30...0x39).contains(byte) { parser.index += 1 }
                return parser.index > first
            }
            if current == 0x2D { index += 1 }
            if current == 0x30 { index += 1 } else if !digits(&self) { return nil }
            if current == 0x2E {
                index += 1
                guard digits(&self) else { return nil }
            }
            if current == 0x65 || current == 0x45 {
                index += 1
                if current == 0x2B || current == 0x2D { index += 1 }
                guard digits(&self) else { return nil }
            }
            return .number(String(decoding: bytes[start..<index], as: UTF8.self))
        }

        mutating func text() -> String? {
            guard current == 0x22 else { return nil }
            index += 1
            let start = index
            while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { index += 1 }
            if current == 0x22 {
                defer { index += 1 }
                return String(validating: bytes[start..<index], as: UTF8.self)
            }
            var result = Array(bytes[start..<index])
            while let byte = current {
                index += 1
                switch byte {
                case 0x22: return String(validating: result, as: UTF8.self)
                case 0..<0x20: return nil
                case 0x5C:
                    guard escape(into: &result) else { return nil }
                default: result.append(byte)
                }
            }
            return nil
        }

        mutating func escape(into result: inout [UInt8]) -> Bool {
            guard let letter = current else { return false }
            index += 1
            switch letter {
            case 0x22, 0x5C, 0x2F: result.append(letter)
            case 0x62: result.append(0x08)
            case 0x66: result.append(0x0C)
            case 0x6E: result.append(0x0A)
            case 0x72: result.append(0x0D)
            case 0x74: result.append(0x09)
            case 0x75:
                guard var unit = unit() else { return false }
                if (0xD800..<0xDC00).contains(unit) {
                    guard take(word: "\\u"), let low = self.unit(), (0xDC00..<0xE000).contains(low) else {
                        return false
                    }
                    unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(unit) else { return false }
                result += String(Character(scalar)).utf8
            default: return false
            }
            return true
        }

        mutating func unit() -> UInt32? {
            guard index + 4 <= bytes.count else { return nil }
            var value: UInt32 = 0
            for _ in 0..<4 {
                guard let digit = Percent.hex(bytes[index]) else { return nil }
                value = value << 4 | UInt32(digit)
                index += 1
            }
            return value
        }
    }
}
