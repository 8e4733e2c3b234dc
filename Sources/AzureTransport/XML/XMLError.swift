/// Why XML cannot be read, and the byte at which that shows. It holds nothing of the text.
package struct XMLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        case invalidUTF8, malformed, mismatchedTag, tooDeep, tooLarge, trailingBytes
        case unexpectedElement, unexpectedEnd, unexpectedText, unknownEntity
    }

    package let reason: Reason
    /// The offset of the byte, from 0.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "XMLError.\(reason.rawValue) (offset: \(offset))" }
}

/// Writes the small documents that Storage is sent.
package enum XMLText {
    /// A text as it stands between tags or in a quoted attribute.
    package static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            // A parser turns a bare carriage return into a line feed.
            case "\r": result += "&#xD;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}
