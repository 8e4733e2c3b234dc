/// An element of XML: enough for the bodies of the Blob service.
struct XML {
    var name: String
    var text = ""
    var children: [XML] = []

    func child(_ name: String) -> XML? { children.first { $0.name == name } }

    /// Text as the content of an element.
    static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#xD;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether every character of a text may stand in XML 1.0.
    static func canHold(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                || scalar == "\t" || scalar == "\n" || scalar == "\r"
        }
    }

    /// An element with text, or an empty one.
    static func element(_ name: String, _ text: String?) -> String {
        guard let text, !text.isEmpty else { return "<\(name) />" }
        return "<\(name)>\(escape(text))</\(name)>"
    }

    /// Reads a document; nil if it is not well-formed. Attributes, comments and instructions are passed over.
    static func parse(_ bytes: [UInt8]) -> XML? {
        guard var text = String(validating: bytes, as: UTF8.self)?.unicodeScalars[...] else { return nil }
        if text.first == "\u{FEFF}" { text = text.dropFirst() }
        var open = [XML(name: "")]
        while let scalar = text.first {
            guard scalar == "<" else {
                let piece = text.prefix { $0 != "<" }
                guard let content = unescape(String(piece)) else { return nil }
                open[open.count - 1].text += content
                text = text.dropFirst(piece.count)
                continue
            }
            guard let end = tagEnd(text) else { return nil }
            let tag = String(text[text.index(after: text.startIndex)..<end])
            text = text[text.index(after: end)...]
            if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
            if tag.hasPrefix("/") {
                guard open.count > 1, open[open.count - 1].name == tag.dropFirst().trimmed else { return nil }
                let element = open.removeLast()
                open[open.count - 1].children.append(element)
            } else {
                let isEmpty = tag.hasSuffix("/")
                let name = (isEmpty ? tag.dropLast() : tag[...]).prefix { !$0.isWhitespace }
                guard !name.isEmpty, open.count < 32 else { return nil }
                let element = XML(name: String(name))
                if isEmpty { open[open.count - 1].children.append(element) } else { open.append(element) }
            }
        }
        guard open.count == 1, open[0].children.count == 1 else { return nil }
        return open[0].children[0]
    }

    private static func tagEnd(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView.Index? {
        var quote: Unicode.Scalar?
        for index in text.indices {
            let scalar = text[index]
            if let current = quote {
                if scalar == current { quote = nil }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if scalar == ">" {
                return index
            }
        }
        return nil
    }

    private static func unescape(_ text: String) -> String? {
        guard text.contains("&") else { return text }
        var result = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            guard let end = rest[mark...].firstIndex(of: ";") else { return nil }
            let entity = rest[rest.index(after: mark)..<end]
            switch entity {
            case "amp": result += "&"
            case "lt": result += "<"
            case "gt": result += ">"
            case "quot": result += "\""
            case "apos": result += "'"
            default:
                let code =
                    entity.hasPrefix("#x") ? UInt32(entity.dropFirst(2), radix: 16) : UInt32(entity.dropFirst(1))
                guard entity.hasPrefix("#"), let scalar = code.flatMap({ Unicode.Scalar($0) }) else { return nil }
                result.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
