extension HTTPURL {
    /// Takes a URL apart, or returns nil for what this transport cannot send.
    ///
    /// Refused are other schemes, user information (a password would travel with it), fragments, an empty or malformed host,
    /// a port outside of 1 to 65,535, and any character that must be encoded: controls, spaces, quotes, non-ASCII.
    package init?(_ text: String) {
        guard let schemeEnd = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<schemeEnd.lowerBound].lowercased())
        else { return nil }
        guard text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        let rest = text[schemeEnd.upperBound...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<authorityEnd]) else { return nil }
        let target = rest[authorityEnd...]
        let pathEnd = target.firstIndex(of: "?") ?? target.endIndex
        let path = target[..<pathEnd]
        self.init(
            scheme: scheme,
            host: host,
            port: port == scheme.defaultPort ? nil : port,
            percentEncodedPath: path.isEmpty ? "/" : String(path),
            query: pathEnd == target.endIndex ? [] : Self.queryItems(target[target.index(after: pathEnd)...])
        )
    }

    /// Takes an encoded query apart without decoding it; empty pairs are dropped.
    package static func queryItems(_ text: some StringProtocol) -> [QueryItem] {
        text.split(separator: "&").map { pair in
            guard let equals = pair.firstIndex(of: "=") else { return QueryItem(name: String(pair), value: nil) }
            return QueryItem(name: String(pair[..<equals]), value: String(pair[pair.index(after: equals)...]))
        }
    }

    /// Encodes everything except letters, digits and `-._~`, byte by byte in UTF-8: safe in a path segment and in a query.
    package static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes `%XX`; nil for a stray percent sign or bytes that are not UTF-8. A `+` stays a `+`.
    package static func percentDecoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        let hostEnd = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[hostEnd...].firstIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard let number = Int(digits), digits.utf8.allSatisfy(isDigit), (1...65_535).contains(number) else {
                return nil
            }
            port = number
            host = authority[..<colon]
        }
        guard isHost(host) else { return nil }
        return (String(host), port)
    }

    /// Whether a text is a host name, an IPv4 address, or an IPv6 address in brackets.
    package static func isHost(_ text: some StringProtocol) -> Bool {
        if text.utf8.first == UInt8(ascii: "[") {
            return text.last == "]" && text.utf8.count > 3
                && text.dropFirst().dropLast().utf8.allSatisfy {
                    hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                }
        }
        return !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { isUnreserved($0) && $0 != UInt8(ascii: "~") }
    }

    /// A character of a URL without a fragment: printable ASCII except what must be encoded.
    static func isAllowed(_ byte: UInt8) -> Bool {
        guard byte > 0x20, byte < 0x7F else { return false }
        return switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{")...UInt8(ascii: "}"):
            false
        default: true
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
